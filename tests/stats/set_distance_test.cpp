// Golden values named "numpy/scipy" were computed with numpy 2.4.6 and scipy 1.17.1 (linalg.sqrtm of the
// product of numpy.cov matrices) on the features that wave() makes.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/random.h"
#include "stats/extrapolation.h"
#include "stats/frechet.h"
#include "stats/inception_score.h"
#include "stats/kernel_distance.h"
#include "stats/linear_algebra.h"

namespace vidbench::stats {
namespace {

Features wave(Eigen::Index rows, Eigen::Index cols, double a, double b) {
  Features features(rows, cols);
  for (Eigen::Index i = 0; i < rows; ++i) {
    for (Eigen::Index j = 0; j < cols; ++j) {
      const auto row = static_cast<double>(i);
      const auto col = static_cast<double>(j);
      features(i, j) = std::sin(a * row * (col + 1) + b * col) + 0.01 * row * col / static_cast<double>(cols);
    }
  }
  return features;
}

Features noise(Eigen::Index rows, Eigen::Index cols, uint64_t seed, double shift = 0) {
  Random random(seed);
  Features features(rows, cols);
  for (double& value : features.reshaped()) value = shift + random.normal();
  return features;
}

// Sizes at which a library of the machine does the work, where it has one.
TEST(LinearAlgebra, AgreesWithEigen) {
  RecordProperty("library", linear_algebra_library());
  const Features a = noise(500, 350, 1), b = noise(400, 350, 2);
  const auto near = [](const Eigen::MatrixXd& got, const Eigen::MatrixXd& expected) {
    return got.rows() == expected.rows() && (got - expected).norm() <= 1e-12 * expected.norm();
  };
  const Eigen::MatrixXd square = scatter(a);
  EXPECT_TRUE(near(square, a.transpose() * a));
  EXPECT_TRUE(near(inner_products(a, b), a * b.transpose()));
  EXPECT_TRUE(near(multiply(a.transpose(), a), a.transpose() * a));
  EXPECT_TRUE(near(project(b, square), b * square));
  // Rows and columns of larger matrices.
  EXPECT_TRUE(near(scatter(a.middleRows(3, 480)), a.middleRows(3, 480).transpose() * a.middleRows(3, 480)));
  const auto lower = cholesky_factor(square);
  ASSERT_TRUE(lower);
  EXPECT_TRUE(near(*lower * lower->transpose(), square));
  EXPECT_TRUE(lower->isLowerTriangular());
  EXPECT_FALSE(cholesky_factor(-square));
  const SymmetricEigen eigen = symmetric_eigen(square);
  EXPECT_TRUE(near(eigen.vectors * eigen.values.asDiagonal() * eigen.vectors.transpose(), square));
  EXPECT_TRUE(near(symmetric_eigenvalues(square), eigen.values));
}

TEST(WeightedStatistics, EqualTheStatisticOfTheRedrawnRows) {
  for (const Eigen::Index rows : {6, 40}) {  // fewer and more rows than features
    const Features generated = noise(rows, 10, 1), reference = noise(80, 10, 2);
    Eigen::VectorXd weights = Eigen::VectorXd::Ones(rows);
    EXPECT_NEAR(frechet_statistic(generated, fit_gaussian(reference))(weights),
                frechet_distance(generated, reference), 1e-9);
    EXPECT_NEAR(kernel_statistic(generated, reference)(weights), kernel_distance(generated, reference), 1e-9);
    weights[0] = 0;
    weights[1] = 2;
    Features redrawn = generated;
    redrawn.row(0) = generated.row(1);
    EXPECT_NEAR(frechet_statistic(generated, fit_gaussian(reference))(weights),
                frechet_distance(redrawn, reference), 1e-9);
    EXPECT_NEAR(kernel_statistic(generated, reference)(weights), kernel_distance(redrawn, reference), 1e-9);
    EXPECT_NEAR(jedi_statistic(generated, reference)(weights), jedi_distance(redrawn, reference), 1e-9);
  }
  Features posteriors = noise(9, 4, 3).cwiseAbs();
  for (Eigen::Index i = 0; i < 9; ++i) posteriors.row(i) /= posteriors.row(i).sum();
  EXPECT_NEAR(inception_statistic(posteriors)(Eigen::VectorXd::Ones(9)), inception_score(posteriors), 1e-12);
}

TEST(Frechet, TheExpansionIsTheValueWithItsDerivatives) {
  const Gaussian reference = fit_gaussian(noise(80, 10, 2));
  for (const Eigen::Index rows : {8, 60}) {  // fewer and more rows than features
    for (const auto kind : {Covariance::kUnbiased, Covariance::kBiased}) {
      const Features generated = noise(rows, 10, 1, 0.3);
      const auto exact = frechet_statistic(generated, reference, kind);
      const auto expansion = frechet_expansion(generated, reference, kind);
      const Eigen::VectorXd ones = Eigen::VectorXd::Ones(rows);
      EXPECT_NEAR(expansion(ones), exact(ones), 1e-9);
      EXPECT_NEAR(expansion(2 * ones), exact(ones), 1e-9);
      for (const Eigen::Index row : {0, 5}) {
        Eigen::VectorXd more = ones, less = ones;
        more[row] += 1e-4, more[3] -= 1e-4;
        less[row] -= 1e-4, less[3] += 1e-4;
        EXPECT_NEAR(expansion(more) - expansion(less), exact(more) - exact(less), 1e-9) << rows;
      }
    }
  }
}

TEST(Frechet, TheExpansionTellsTheSpreadOfNewSets) {
  // As features of networks are: few directions hold most of the variance.
  const auto decaying = [](Features features) {
    for (Eigen::Index j = 0; j < features.cols(); ++j)
      features.col(j) *= 3 / std::sqrt(1.0 + static_cast<double>(j));
    return features;
  };
  const Gaussian reference = fit_gaussian(decaying(noise(400, 30, 4)));
  for (const Eigen::Index rows : {25, 150}) {  // fewer and more rows than features
    std::vector<double> values, widths;
    for (uint64_t seed = 0; seed < 150; ++seed) {
      const Features generated = decaying(noise(rows, 30, 100 + seed, 0.2));
      values.push_back(frechet_distance(fit_gaussian(generated), reference));
      const auto n = static_cast<size_t>(rows);
      const auto interval =
          weighted_interval(n, frechet_expansion(generated, reference), {.replicates = 200});
      widths.push_back(interval.high - interval.low);
    }
    const double middle = mean(values);
    double squares = 0;
    for (const double value : values) squares += (value - middle) * (value - middle);
    // A 95 % interval is 3.92 standard deviations wide; 150 values tell those to about 6 %.
    EXPECT_NEAR(mean(widths) / (3.92 * std::sqrt(squares / 149)), 1, 0.25) << rows;
  }
}

TEST(Frechet, DiagonalGaussiansHaveTheClosedForm) {
  Gaussian a{Eigen::Vector3d(0, 0, 0), Eigen::Vector3d(1, 4, 9).asDiagonal().toDenseMatrix(), 10};
  Gaussian b{Eigen::Vector3d(1, 2, 2), Eigen::Vector3d(4, 1, 9).asDiagonal().toDenseMatrix(), 10};
  // |m|² = 9 and sum of (sigma_a - sigma_b)² = 1 + 1 + 0.
  EXPECT_NEAR(frechet_distance(a, b), 11, 1e-12);
  EXPECT_NEAR(frechet_distance(b, a), 11, 1e-12);
}

TEST(Frechet, EqualsScipy) {
  const Features a = wave(12, 4, 0.7, 0.3);
  const Features b = wave(20, 4, 1.1, 0.5).array() + 0.25;
  EXPECT_NEAR(frechet_distance(a, b), 0.24067251115877397, 1e-10);
  EXPECT_NEAR(frechet_distance(a, b, Covariance::kBiased), 0.2402422556902244, 1e-10);
}

TEST(Frechet, EqualsScipyWithFewerVideosThanFeatures) {
  const Features reference = wave(40, 9, 1.3, 0.2);
  const Features generated = wave(6, 9, 0.7, 0.3);
  // Origin: numpy 2.4.6, the trace as the singular values of X S1^½ (sqrtm of a singular product is only good
  // to 1e-8).
  EXPECT_NEAR(frechet_distance(reference, generated), 2.973409374505505, 1e-9);
  // The interval's estimate comes by way of the 6×6 product and must agree.
  EXPECT_NEAR(frechet_interval(generated, fit_gaussian(reference)).value,
              frechet_distance(reference, generated), 1e-9);
}

TEST(Frechet, IdenticalSetsAreAtZero) {
  const Features features = noise(50, 8, 3);
  EXPECT_NEAR(frechet_distance(features, features), 0, 1e-9);
}

TEST(Frechet, IntervalHoldsTheEstimateAndGrowsWithDistance) {
  const Gaussian reference = fit_gaussian(noise(512, 16, 1));
  const Interval near = frechet_interval(noise(100, 16, 2), reference);
  const Interval far = frechet_interval(noise(100, 16, 2, 0.5), reference);
  EXPECT_LE(near.low, near.value);
  EXPECT_GE(near.high, near.value);
  EXPECT_LT(near.high, far.low);
  EXPECT_EQ(near.n, 100u);
  EXPECT_EQ(near.low, frechet_interval(noise(100, 16, 2), reference).low);
}

// Both ways to compute a replicate (D×D and N×N) must give the same numbers: pad features with zero columns
// so that the same data takes the other way.
TEST(Frechet, WideAndNarrowWaysAgree) {
  const Features generated = noise(20, 10, 5);
  const Features reference = noise(60, 10, 6);
  Features generated_padded = Features::Zero(20, 30);
  generated_padded.leftCols(10) = generated;
  Features reference_padded = Features::Zero(60, 30);
  reference_padded.leftCols(10) = reference;
  const Interval wide = frechet_interval(generated, fit_gaussian(reference));
  const Interval narrow = frechet_interval(generated_padded, fit_gaussian(reference_padded));
  EXPECT_NEAR(wide.value, narrow.value, 1e-9);
  EXPECT_NEAR(wide.low, narrow.low, 1e-9);
  EXPECT_NEAR(wide.high, narrow.high, 1e-9);
}

TEST(Frechet, RefusesSetsThatHaveNoAnswer) {
  EXPECT_THROW((void)frechet_distance(noise(1, 4, 1), noise(9, 4, 2)), Error);
  EXPECT_THROW((void)frechet_distance(noise(9, 4, 1), noise(9, 5, 2)), Error);
  Features broken = noise(9, 4, 1);
  broken(3, 2) = std::nan("");
  try {
    (void)fit_gaussian(broken);
    FAIL() << "a NaN was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInput);
    EXPECT_NE(std::string(error.what()).find("row 3"), std::string::npos) << error.what();
  }
}

TEST(Extrapolation, IsFreeOfTheBiasOfSmallSets) {
  const Gaussian reference = fit_gaussian(noise(20000, 16, 99));
  double bias = 0, left = 0;
  for (uint64_t trial = 0; trial < 12; ++trial) {
    const Features generated = noise(300, 16, trial);  // of the same distribution: the truth is 0
    std::vector<Eigen::Index> video(300);
    std::iota(video.begin(), video.end(), 0);
    const auto statistic = frechet_extrapolation(generated, reference, Covariance::kUnbiased, video);
    const Eigen::VectorXd ones = Eigen::VectorXd::Ones(300);
    bias += frechet_distance(fit_gaussian(generated), reference) / 12;
    left += statistic(ones) / 12;
    EXPECT_EQ(statistic(ones), statistic(ones));
  }
  EXPECT_GT(bias, 0.1);
  EXPECT_LT(std::abs(left), bias / 4);
}

TEST(Extrapolation, FindsADistanceThatIsThere) {
  const Features generated = noise(400, 8, 1, 0.5);
  const Gaussian reference = fit_gaussian(noise(20000, 8, 2));
  // Two rows a video.
  std::vector<Eigen::Index> video;
  for (Eigen::Index row = 0; row < 400; ++row) video.push_back(row / 2);
  const auto statistic = frechet_extrapolation(generated, reference, Covariance::kBiased, video);
  const Interval interval = weighted_interval(200, statistic, {.replicates = 200});
  EXPECT_NEAR(interval.value, 8 * 0.25, 0.5);
  EXPECT_LT(interval.low, 2);
  EXPECT_GT(interval.high, 2);
  EXPECT_THROW((void)frechet_extrapolation(noise(6, 8, 1), reference, Covariance::kBiased,
                                           std::vector<Eigen::Index>{0, 0, 1, 1, 2, 2}),
               Error);
}

TEST(KernelDistance, EqualsNumpy) {
  const Features a = wave(12, 4, 0.7, 0.3);
  const Features b = wave(20, 4, 1.1, 0.5).array() + 0.25;
  EXPECT_NEAR(kernel_distance(a, b), -0.10478994574160883, 1e-12);
  EXPECT_NEAR(kernel_interval(a, b).value, kernel_distance(a, b), 1e-12);
}

TEST(KernelDistance, RowsOfOneVideoShareItsWeight) {
  const Features generated = noise(2500, 6, 1), reference = noise(1300, 6, 2);  // several blocks of each
  std::vector<Eigen::Index> video;
  for (Eigen::Index row = 0; row < 2500; ++row) video.push_back(row % 50);
  Eigen::VectorXd of_videos = Eigen::VectorXd::Ones(50);
  of_videos[7] = 0;
  of_videos[8] = 3;
  const Eigen::VectorXd of_rows = of_videos(video);
  EXPECT_NEAR(kernel_statistic(generated, reference, video)(of_videos),
              kernel_statistic(generated, reference)(of_rows), 1e-12);
}

TEST(KernelDistance, IsUnbiasedForOneDistribution) {
  double sum = 0;
  for (uint64_t trial = 0; trial < 40; ++trial) {
    sum += kernel_distance(noise(60, 8, 2 * trial), noise(60, 8, 2 * trial + 1));
  }
  EXPECT_NEAR(sum / 40, 0, 0.01);
  EXPECT_GT(kernel_distance(noise(60, 8, 1), noise(60, 8, 2, 1.0)), 0.5);
}

TEST(KernelDistance, IntervalHoldsTheEstimate) {
  const Interval interval = kernel_interval(noise(64, 8, 1, 0.3), noise(128, 8, 2));
  EXPECT_LE(interval.low, interval.value);
  EXPECT_GE(interval.high, interval.value);
  EXPECT_LT(interval.low, interval.high);
}

// The sets of the self-test in JEDi's code, which prints 270.7 for them before its factor of 100.
TEST(Jedi, EqualsTheSelfTestOfItsAuthors) {
  Features a(3, 3), b(4, 3);
  a << 1, 2, 3, 4, 5, 6, 7, 8, 9;
  b << 7, 6, 5, 4, 3, 2, 1, 1, 8, 0, 2, 5;
  EXPECT_NEAR(jedi_distance(a, b), 100 * 2436.5 / 9, 1e-8);
  EXPECT_NEAR(jedi_distance(b, a), jedi_distance(a, b), 1e-8);
  EXPECT_NEAR(jedi_distance(3 * a, 3 * b), 81 * jedi_distance(a, b), 1e-6);
}

TEST(Jedi, EqualsNumpy) {
  const Features a = wave(12, 4, 0.7, 0.3);
  const Features b = wave(20, 4, 1.1, 0.5).array() + 0.25;
  EXPECT_NEAR(jedi_distance(a, b), 1.1620147943150083, 1e-11);
}

TEST(Jedi, IsBiased) {
  EXPECT_NEAR(jedi_distance(noise(30, 8, 1), noise(30, 8, 1)), 0, 1e-12);
  double sum = 0;
  for (uint64_t trial = 0; trial < 40; ++trial)
    sum += jedi_distance(noise(60, 8, 2 * trial), noise(60, 8, 2 * trial + 1));
  EXPECT_GT(sum / 40, 1);
  EXPECT_THROW((void)jedi_distance(noise(9, 4, 1), noise(9, 5, 2)), Error);
}

TEST(InceptionScore, KnownExtremes) {
  EXPECT_NEAR(inception_score(Features::Identity(5, 5)), 5, 1e-12);
  EXPECT_NEAR(inception_score(Features::Constant(7, 4, 0.25)), 1, 1e-12);
}

TEST(InceptionScore, EqualsNumpy) {
  Features posteriors = wave(10, 5, 0.9, 0.4).array().exp().matrix();
  for (Eigen::Index row = 0; row < 10; ++row) posteriors.row(row) /= posteriors.row(row).sum();
  EXPECT_NEAR(inception_score(posteriors), 1.165961685710706, 1e-12);
  const Interval interval = inception_interval(posteriors);
  EXPECT_GE(interval.low, 1);
  EXPECT_LE(interval.low, interval.value);
  EXPECT_GE(interval.high, interval.value);
}

TEST(InceptionScore, RefusesLogits) {
  EXPECT_THROW((void)inception_score(noise(4, 3, 1)), Error);
  EXPECT_THROW((void)inception_score(Features::Constant(4, 3, 1.0)), Error);
}

TEST(FeaturesFromFloats, KeepsOrderAndChecksTheCount) {
  const std::vector<float> floats = {1, 2, 3, 4, 5, 6};
  const Features features = features_from_floats(floats, 2, 3);
  EXPECT_EQ(features(1, 0), 4);
  EXPECT_THROW((void)features_from_floats(floats, 2, 2), Error);
}

}  // namespace
}  // namespace vidbench::stats
