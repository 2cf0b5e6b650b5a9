// SPDX-License-Identifier: Apache-2.0
#include "CXrayShim.h"

#include <xraylib/xraylib.h>

namespace {

template <class Call> xray_value ask(Call call) noexcept {
    xrl_error *error = nullptr;
    double value = call(&error);
    xray_value answer{value, error == nullptr ? 1 : 0};
    if (error) xrl_error_free(error);
    return answer;
}

}  // namespace

xray_value xray_photoelectric(int z, double keV) {
    return ask([&](xrl_error **e) { return CS_Photo(z, keV, e); });
}
xray_value xray_compton(int z, double keV) {
    return ask([&](xrl_error **e) { return CS_Compt(z, keV, e); });
}
xray_value xray_rayleigh(int z, double keV) {
    return ask([&](xrl_error **e) { return CS_Rayl(z, keV, e); });
}
xray_value xray_energy_absorption(int z, double keV) {
    return ask([&](xrl_error **e) { return CS_Energy(z, keV, e); });
}
xray_value xray_form_factor(int z, double q) {
    return ask([&](xrl_error **e) { return FF_Rayl(z, q, e); });
}
xray_value xray_incoherent_function(int z, double q) {
    return ask([&](xrl_error **e) { return SF_Compt(z, q, e); });
}
xray_value xray_edge_keV(int z, int shell) {
    return ask([&](xrl_error **e) { return EdgeEnergy(z, shell, e); });
}
xray_value xray_electrons(int z, int shell) {
    return ask([&](xrl_error **e) { return ElectronConfig(z, shell, e); });
}
