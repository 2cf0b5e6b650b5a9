// SPDX-License-Identifier: Apache-2.0
// The few functions of xraylib that Grevy uses, with scalars only.
#pragma once
#ifdef __cplusplus
extern "C" {
#endif

/// A value of xraylib; `known` is 0 where xraylib refuses the question.
typedef struct {
    double value;
    int known;
} xray_value;

#define XRAY_API __attribute__((visibility("default")))

/// Mass coefficients in cm2/g of element `z` at `keV`; xraylib knows them up to 800 keV.
XRAY_API xray_value xray_photoelectric(int z, double keV);
XRAY_API xray_value xray_compton(int z, double keV);
XRAY_API xray_value xray_rayleigh(int z, double keV);
/// Mass energy-absorption coefficient in cm2/g.
XRAY_API xray_value xray_energy_absorption(int z, double keV);
/// Atomic form factor and incoherent scattering function; `q` = sin(theta/2)/lambda in 1/angstrom.
XRAY_API xray_value xray_form_factor(int z, double q);
XRAY_API xray_value xray_incoherent_function(int z, double q);
/// Binding energy in keV and number of electrons of shell 0 (K), 1 (L1), 2 (L2) ...
XRAY_API xray_value xray_edge_keV(int z, int shell);
XRAY_API xray_value xray_electrons(int z, int shell);

#undef XRAY_API
#ifdef __cplusplus
}
#endif
