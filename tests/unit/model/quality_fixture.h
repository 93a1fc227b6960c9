// By quality_fixture.py, with scikit-learn; do not edit.
#pragma once

namespace segmentd::model {

// clang-format off
// A point per line, in sixty-fourths.
inline constexpr int kPoints[60][4] = {
    {108, -30, 2, 26},
    {-50, 0, 0, -112},
    {65, 38, -40, -11},
    {32, -17, -16, -93},
    {35, 8, 18, -98},
    {106, 10, -25, 130},
    {-3, -93, -26, -146},
    {67, -27, -48, 69},
    {-106, 34, -132, -42},
    {-77, 94, 113, -21},
    {54, -12, 36, -48},
    {-109, -115, 25, 144},
    {17, -34, 122, 15},
    {6, 16, -8, -20},
    {-92, 32, -6, 76},
    {-24, -122, -6, 109},
    {-25, -57, -76, -67},
    {-19, -76, 96, -18},
    {7, 92, 96, -14},
    {21, 47, -12, -114},
    {189, 200, 179, 119},
    {151, 134, 147, 218},
    {229, 190, 185, 190},
    {159, 157, 130, 157},
    {261, 199, 145, 139},
    {121, 177, 178, 95},
    {182, 134, 224, 167},
    {237, 139, 147, 173},
    {207, 185, 105, 168},
    {161, 141, 131, 238},
    {143, 122, 189, 166},
    {157, 195, 182, 176},
    {203, 173, 132, 144},
    {137, 169, 112, 78},
    {164, 100, 73, 177},
    {128, 182, 136, 110},
    {104, 137, 148, 123},
    {147, 91, 161, 80},
    {151, 191, 209, 237},
    {90, 194, 214, 204},
    {-217, -88, 51, -272},
    {-82, -21, -195, -72},
    {-231, -206, -206, -110},
    {-137, -36, -218, -141},
    {-36, -74, -255, -64},
    {-174, -91, -99, -11},
    {-117, -306, -260, -58},
    {-153, -19, -102, -200},
    {-24, -206, -325, 70},
    {-311, -67, -38, -114},
    {-290, -31, -266, -257},
    {-163, -52, -99, -50},
    {-171, -145, -237, -158},
    {-71, -157, -82, -183},
    {-185, -124, -147, -71},
    {-111, 39, -149, -150},
    {-228, -126, -62, -199},
    {-133, -59, -140, -178},
    {-35, -119, -90, -16},
    {-18, -161, -178, -101},
};
inline constexpr int kMixed[60] = {
    1, 0, 0, 0, 0, 3, 3, 3, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0,
    1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1,
    2, 2, 0, 2, 2, 2, 2, 2, 2, 0, 2, 2, 2, 2, 2, 2, 0, 2, 2, 2,
};
// Of the clouds as labels (0, 1, 2, twenty each), then of kMixed.
inline constexpr double kSilhouettes[] = {0.4376506896404647, 0.12483312293534231};
inline constexpr double kDaviesBouldin[] = {0.9405442168424956, 2.387947347778236};
inline constexpr double kCalinski[] = {92.56781675988451, 19.528479332961524};
// Of the one against the other: adjusted Rand index, normalised mutual information.
inline constexpr double kAgreement[] = {0.5714479668725816, 0.6076694301162269};
// Tibshirani and Walther's of the one and the other, and the reverse.
inline constexpr double kWeakest[] = {0.5157894736842106, 0.6911764705882353};
// Near to the clouds' means, in sixty-fourths; what they make of the points.
inline constexpr int kCentroids[3][4] = {
    {1, -11, 6, -12},
    {166, 160, 156, 158},
    {-144, -102, -155, -117},
};
inline constexpr double kSimplifiedSilhouette[] = {0.5800958617993969};
inline constexpr double kInertiaOfCentroids[] = {253.8037109375};
// The best of twenty starts of k-means with three clusters.
inline constexpr double kBestInertia[] = {253.11718749999994};
// clang-format on

}  // namespace segmentd::model
