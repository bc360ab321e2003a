// Products, factors and eigenvalues of large matrices: by OpenBLAS where it is installed, by Eigen where not.
//
// OpenBLAS is loaded when the first large matrix comes, not linked: the command line starts without it, and
// its symbols stay apart from those of the BLAS inside libtorch, which has the same names. Small matrices are
// Eigen's in any case. Both ways agree to rounding.
#pragma once

#include <Eigen/Core>
#include <optional>

#include "stats/features.h"

namespace vidbench::stats {

// "OpenBLAS 0.3.21" or "Eigen": what large matrices are computed with here.
[[nodiscard]] std::string linear_algebra_library();

// rowsᵀ rows [D, D].
[[nodiscard]] Eigen::MatrixXd scatter(const FeaturesRef& rows);

using ColumnsRef = Eigen::Ref<const Eigen::MatrixXd>;

[[nodiscard]] Eigen::MatrixXd multiply(const ColumnsRef& a, const ColumnsRef& b);
// rows matrix: each row of features by a matrix.
[[nodiscard]] Features project(const FeaturesRef& rows, const ColumnsRef& matrix);
// a bᵀ of rows of features [N, D] and [M, D]: [N, M].
[[nodiscard]] Eigen::MatrixXd inner_products(const FeaturesRef& a, const FeaturesRef& b);

// The lower triangular L with L Lᵀ = matrix, for a symmetric positive definite one; none for another.
[[nodiscard]] std::optional<Eigen::MatrixXd> cholesky_factor(Eigen::MatrixXd matrix);

struct SymmetricEigen {
  Eigen::VectorXd values;   // rising
  Eigen::MatrixXd vectors;  // in columns
};

// Of a symmetric matrix, whose lower triangle is read. Throw Error(kInternal) when they do not converge.
[[nodiscard]] SymmetricEigen symmetric_eigen(Eigen::MatrixXd matrix);
[[nodiscard]] Eigen::VectorXd symmetric_eigenvalues(Eigen::MatrixXd matrix);

}  // namespace vidbench::stats
