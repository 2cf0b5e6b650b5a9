// SPDX-License-Identifier: Apache-2.0
//
// Compares Transport with the EGSnrc results of ../shared/reference at larger statistics than the
// tests have time for.
// Usage: _TransportGates voxel|phantom|interface|fano|sphere [n=1e7] [seed=1] [threads=2] [f=0.3] [wc=100] [loss=1e6]
//        [cut=20] [pcut=10] [brems=local] [stop=no] [batches=40] [nuclide=Y-90] [mm=3] [grid=41]
import Foundation
import Imaging
import Physics
import Transport
import _TestSupport

@main
struct Gates {
    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        let gate = arguments.isEmpty ? "" : arguments.removeFirst()
        var options: [String: String] = [:]
        for argument in arguments {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2 { options[parts[0]] = parts[1] }
        }
        let run = GateRun(options: options)
        switch gate {
        case "voxel": try run.voxel()
        case "phantom": try run.phantom()
        case "interface": try run.interface()
        case "fano": try run.fano()
        case "sphere": try run.sphere()
        default: print("gates: voxel, phantom, interface, fano, sphere")
        }
    }
}

/// One run with the options of the command line.
struct GateRun {
    let options: [String: String]

    func number(_ name: String, _ value: Double) -> Double {
        options[name].flatMap(Double.init) ?? value
    }

    var settings: TransportSettings {
        var settings = TransportSettings()
        settings.fractionalLoss = number("f", settings.fractionalLoss)
        settings.largestLossKeV = number("loss", settings.largestLossKeV)
        settings.mollerThresholdKeV = number("wc", settings.mollerThresholdKeV)
        settings.electronCutKeV = number("cut", settings.electronCutKeV)
        settings.photonCutKeV = number("pcut", settings.photonCutKeV)
        settings.bremsstrahlung = options["brems"] == "local" ? .local : .transported
        settings.stopsInsideVoxel = options["stop"] != "no"
        settings.batches = Int(number("batches", 40))
        return settings
    }

    func spectrum() throws -> EmissionSpectrum {
        let name = options["nuclide"] ?? "Y-90"
        guard let nuclide = Nuclide(rawValue: name) else {
            throw PhysicsError.unknownProfile(name: name)
        }
        return EmissionSpectrum(try DecayData(nuclide))
    }

    /// Runs and prints speed and energy balance.
    func run(
        _ phantom: VoxelPhantom, decays: Volume<Float>, labels: Volume<UInt16>? = nil,
        histories: Double, settings: TransportSettings? = nil
    ) throws -> MonteCarloDose {
        let engine = try MonteCarloEngine(
            phantom: phantom, spectrum: spectrum(), settings: settings ?? self.settings)
        let before = userSeconds()
        let start = Date()
        let result = try engine.run(
            decays: decays, until: .histories(Int(number("n", histories))),
            seed: UInt64(number("seed", 1)), threads: Int(number("threads", 2)), labels: labels)
        let perSecond = Double(result.histories) / (userSeconds() - before)
        let balance = (result.depositedJ + result.escapedJ) / result.emittedJ - 1
        print(
            "histories \(result.histories), \(Int(perSecond)) decays per user second,",
            "\(-start.timeIntervalSinceNow) s, balance \(balance),",
            "escaped \(result.escapedJ / result.emittedJ)")
        return result
    }
}

/// CPU seconds of this process in user mode.
func userSeconds() -> Double {
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) * 1e-6
}

func percent(_ ratio: Double) -> String { String(format: "%+.2f %%", (ratio - 1) * 100) }
