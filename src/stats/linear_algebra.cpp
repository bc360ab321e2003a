#include "stats/linear_algebra.h"

#include <dlfcn.h>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.h"

namespace vidbench::stats {
namespace {

// Below this many multiplications Eigen is as fast, and OpenBLAS' threads are not started for them.
constexpr double kLarge = 3e7;

bool large(Eigen::Index a, Eigen::Index b, Eigen::Index c) {
  return static_cast<double>(a) * static_cast<double>(b) * static_cast<double>(c) >= kLarge;
}

enum Order { kColMajor = 102 };
enum Transpose { kNoTrans = 111, kTrans = 112 };
enum Triangle { kLower = 122 };

// What is called of OpenBLAS; its integers are 32 bits wide in the library of this name.
struct Blas {
  using Dgemm = void (*)(int order, int trans_a, int trans_b, int m, int n, int k, double alpha,
                         const double* a, int lda, const double* b, int ldb, double beta, double* c, int ldc);
  using Dsyrk = void (*)(int order, int triangle, int trans, int n, int k, double alpha, const double* a,
                         int lda, double beta, double* c, int ldc);
  using Dpotrf = void (*)(const char* triangle, const int* n, double* a, const int* lda, int* info);
  using Dsyevd = void (*)(const char* job, const char* triangle, const int* n, double* a, const int* lda,
                          double* w, double* work, const int* lwork, int* iwork, const int* liwork,
                          int* info);
  Dgemm dgemm = nullptr;
  Dsyrk dsyrk = nullptr;
  Dpotrf dpotrf = nullptr;
  Dsyevd dsyevd = nullptr;
  std::string name;
};

template <typename Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

std::optional<Blas> load_blas() {
  // Deep binding: its own calls of dgemm_ and the like stay inside.
  int flags = RTLD_NOW | RTLD_LOCAL;
#if !defined(__SANITIZE_ADDRESS__)
  flags |= RTLD_DEEPBIND;
#endif
  void* library = dlopen("libopenblas.so.0", flags);
  if (library == nullptr) return {};
  Blas blas;
  if (!find(library, "cblas_dgemm", blas.dgemm) || !find(library, "cblas_dsyrk", blas.dsyrk) ||
      !find(library, "dpotrf_", blas.dpotrf) || !find(library, "dsyevd_", blas.dsyevd))
    return {};
  blas.name = "OpenBLAS";
  char* (*config)() = nullptr;
  if (find(library, "openblas_get_config", config)) {
    std::istringstream words(config());  // "OpenBLAS 0.3.21 NO_AFFINITY …"
    std::string product, version;
    if (words >> product >> version) blas.name += " " + version;
  }
  return blas;
}

const Blas* blas() {
  static const std::optional<Blas> loaded = load_blas();
  return loaded ? &*loaded : nullptr;
}

int size(Eigen::Index n) { return static_cast<int>(n); }

[[noreturn]] void not_converged() {
  throw Error(ErrorCode::kInternal, "the eigenvalues of a covariance did not converge");
}

// Leaves the vectors, if wanted, in `matrix`.
Eigen::VectorXd eigen_by_blas(const Blas& blas, Eigen::MatrixXd& matrix, bool vectors) {
  const char* job = vectors ? "V" : "N";
  const int n = size(matrix.rows());
  Eigen::VectorXd values(matrix.rows());
  int info = 0, integers = 0;
  double doubles = 0;
  const int query = -1;
  blas.dsyevd(job, "L", &n, matrix.data(), &n, values.data(), &doubles, &query, &integers, &query, &info);
  std::vector<double> work(static_cast<size_t>(doubles));
  std::vector<int> integer_work(static_cast<size_t>(integers));
  const int work_size = static_cast<int>(work.size());
  blas.dsyevd(job, "L", &n, matrix.data(), &n, values.data(), work.data(), &work_size, integer_work.data(),
              &integers, &info);
  if (info != 0) not_converged();
  return values;
}

}  // namespace

std::string linear_algebra_library() { return blas() == nullptr ? "Eigen" : blas()->name; }

Eigen::MatrixXd scatter(const FeaturesRef& rows) {
  const Eigen::Index width = rows.cols();
  Eigen::MatrixXd result = Eigen::MatrixXd::Zero(width, width);
  if (const Blas* library = large(rows.rows(), width, width) ? blas() : nullptr) {
    // Rows one behind the other are the columns of the transpose.
    library->dsyrk(kColMajor, kLower, kNoTrans, size(width), size(rows.rows()), 1, rows.data(),
                   size(rows.outerStride()), 0, result.data(), size(width));
  } else {
    result.selfadjointView<Eigen::Lower>().rankUpdate(rows.transpose());
  }
  result.triangularView<Eigen::StrictlyUpper>() = result.transpose();
  return result;
}

Eigen::MatrixXd multiply(const ColumnsRef& a, const ColumnsRef& b) {
  const Blas* library = large(a.rows(), a.cols(), b.cols()) ? blas() : nullptr;
  if (library == nullptr) return a * b;
  Eigen::MatrixXd result(a.rows(), b.cols());
  library->dgemm(kColMajor, kNoTrans, kNoTrans, size(a.rows()), size(b.cols()), size(a.cols()), 1, a.data(),
                 size(a.outerStride()), b.data(), size(b.outerStride()), 0, result.data(), size(a.rows()));
  return result;
}

Features project(const FeaturesRef& rows, const ColumnsRef& matrix) {
  const Blas* library = large(rows.rows(), rows.cols(), matrix.cols()) ? blas() : nullptr;
  if (library == nullptr) return rows * matrix;
  Features result(rows.rows(), matrix.cols());
  // The transposes in columns: resultᵀ = matrixᵀ rowsᵀ.
  library->dgemm(kColMajor, kTrans, kNoTrans, size(matrix.cols()), size(rows.rows()), size(rows.cols()), 1,
                 matrix.data(), size(matrix.outerStride()), rows.data(), size(rows.outerStride()), 0,
                 result.data(), size(matrix.cols()));
  return result;
}

Eigen::MatrixXd inner_products(const FeaturesRef& a, const FeaturesRef& b) {
  const Blas* library = large(a.rows(), a.cols(), b.rows()) ? blas() : nullptr;
  if (library == nullptr) return a * b.transpose();
  Eigen::MatrixXd result(a.rows(), b.rows());
  library->dgemm(kColMajor, kTrans, kNoTrans, size(a.rows()), size(b.rows()), size(a.cols()), 1, a.data(),
                 size(a.outerStride()), b.data(), size(b.outerStride()), 0, result.data(), size(a.rows()));
  return result;
}

std::optional<Eigen::MatrixXd> cholesky_factor(Eigen::MatrixXd matrix) {
  const Eigen::Index n = matrix.rows();
  if (const Blas* library = large(n, n, n) ? blas() : nullptr) {
    const int order = size(n);
    int info = 0;
    library->dpotrf("L", &order, matrix.data(), &order, &info);
    if (info != 0) return {};
  } else {
    const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> in_place(matrix);
    if (in_place.info() != Eigen::Success) return {};
  }
  matrix.triangularView<Eigen::StrictlyUpper>().setZero();
  return matrix;
}

SymmetricEigen symmetric_eigen(Eigen::MatrixXd matrix) {
  const Eigen::Index n = matrix.rows();
  if (const Blas* library = large(n, n, n) ? blas() : nullptr) {
    Eigen::VectorXd values = eigen_by_blas(*library, matrix, true);
    return {std::move(values), std::move(matrix)};
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix);
  if (solver.info() != Eigen::Success) not_converged();
  return {solver.eigenvalues(), solver.eigenvectors()};
}

Eigen::VectorXd symmetric_eigenvalues(Eigen::MatrixXd matrix) {
  const Eigen::Index n = matrix.rows();
  if (const Blas* library = large(n, n, n) ? blas() : nullptr) return eigen_by_blas(*library, matrix, false);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix, Eigen::EigenvaluesOnly);
  if (solver.info() != Eigen::Success) not_converged();
  return solver.eigenvalues();
}

}  // namespace vidbench::stats
