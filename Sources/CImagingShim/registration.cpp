// SPDX-License-Identifier: Apache-2.0
#include "CImagingShim.h"

#include "itk_prefix.h"

#include <itkEuler3DTransform.h>
#include <itkImage.h>
#include <itkImportImageFilter.h>
#include <itkMattesMutualInformationImageToImageMetricv4.h>
#include <itkMultiThreaderBase.h>
#include <itkRegularStepGradientDescentOptimizerv4.h>
#include <itkVersion.h>

#include <algorithm>
#include <cmath>

#include "guarded.h"

namespace {

using Image = itk::Image<float, 3>;
using Metric = itk::MattesMutualInformationImageToImageMetricv4<Image, Image>;
using Optimizer = itk::RegularStepGradientDescentOptimizerv4<double>;
using Transform = itk::Euler3DTransform<double>;

/// The caller's voxels as an ITK image; they are not copied and must outlive it.
Image::Pointer image(const img_grid &grid, const float *voxels) {
    auto import = itk::ImportImageFilter<float, 3>::New();
    Image::RegionType region;
    Image::DirectionType direction;
    for (unsigned n = 0; n < 3; ++n) {
        region.SetSize(n, grid.size[n]);
        for (unsigned m = 0; m < 3; ++m) direction(n, m) = grid.direction[3 * n + m];
    }
    import->SetRegion(region);
    import->SetSpacing(grid.spacing);
    import->SetOrigin(grid.origin);
    import->SetDirection(direction);
    import->SetImportPointer(
        const_cast<float *>(voxels), region.GetNumberOfPixels(), false);
    import->Update();
    Image::Pointer result = import->GetOutput();
    result->DisconnectPipeline();
    return result;
}

Metric::FixedSampledPointSetType::Pointer pointSet(const double *points, size_t count) {
    auto set = Metric::FixedSampledPointSetType::New();
    for (size_t n = 0; n < count; ++n) {
        Metric::FixedSampledPointSetType::PointType point;
        for (unsigned m = 0; m < 3; ++m) point[m] = points[3 * n + m];
        set->SetPoint(n, point);
    }
    return set;
}

/// Gradients are divided by these: a radian moves a point at the radius by that many millimetres.
Optimizer::ScalesType scales(double radius) {
    Optimizer::ScalesType result(6);
    result.Fill(1.0);
    for (unsigned n = 0; n < 3; ++n) result[n] = radius * radius;
    return result;
}

void store(const Transform &transform, img_result *result) {
    const auto &matrix = transform.GetMatrix();
    const auto &offset = transform.GetOffset();
    for (unsigned n = 0; n < 3; ++n) {
        for (unsigned m = 0; m < 3; ++m) result->rotation[3 * n + m] = matrix(n, m);
        result->translation[n] = offset[n];
    }
}

}  // namespace

const char *img_itk_version(void) { return itk::Version::GetITKVersion(); }

img_status img_register(
    const img_grid *fixed_grid, const float *fixed, const img_grid *moving_grid,
    const float *moving, const double *points, size_t point_count, const img_level *level,
    img_result *result, char *message, size_t message_size) {
    return guarded(message, message_size, [&] {
        // With more threads the sums of Mattes' histogram differ from run to run.
        itk::MultiThreaderBase::SetGlobalDefaultNumberOfThreads(1);
        auto transform = Transform::New();
        Transform::InputPointType centre;
        for (unsigned n = 0; n < 3; ++n) centre[n] = level->centre[n];
        transform->SetCenter(centre);

        auto metric = Metric::New();
        metric->SetFixedImage(image(*fixed_grid, fixed));
        metric->SetMovingImage(image(*moving_grid, moving));
        metric->SetNumberOfHistogramBins(level->bins);
        metric->SetMovingTransform(transform);
        metric->SetUseSampledPointSet(true);
        metric->SetFixedSampledPointSet(pointSet(points, point_count));
        metric->SetMaximumNumberOfWorkUnits(1);
        metric->Initialize();
        result->metric_start = metric->GetValue();

        auto optimizer = Optimizer::New();
        optimizer->SetMetric(metric);
        optimizer->SetNumberOfWorkUnits(1);
        optimizer->SetScales(scales(level->rotation_radius));
        optimizer->SetDoEstimateLearningRateOnce(false);
        optimizer->SetDoEstimateLearningRateAtEachIteration(false);
        optimizer->SetLearningRate(level->first_step);
        optimizer->SetMinimumStepLength(level->last_step);
        optimizer->SetRelaxationFactor(level->relaxation);
        optimizer->SetGradientMagnitudeTolerance(1e-12);
        optimizer->SetNumberOfIterations(level->iterations);
        optimizer->SetReturnBestParametersAndValue(false);
        optimizer->StartOptimization();

        result->metric_end = metric->GetValue();
        result->iterations = static_cast<int>(optimizer->GetCurrentIteration());
        result->converged = result->iterations < level->iterations ? 1 : 0;
        store(*transform, result);
        return IMG_OK;
    });
}
