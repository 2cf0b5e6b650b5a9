/// Carries particles of one batch through the voxels.
///
/// One value per worker and batch: it owns its score, its stack and its random numbers.
struct Tracker<Score: Scoring> {
    let scene: TransportScene
    var score: Score
    var random: RandomStream
    var escapedKeV = 0.0
    private let stack: RawTable<Particle>
    private var waiting = 0

    private static var stackDepth: Int { 512 }

    init(scene: TransportScene, scoring: Score, seed: UInt64, batch: UInt32) {
        self.scene = scene
        score = scoring
        random = RandomStream(seed: seed, batch: batch)
        let nothing = Particle(
            kind: .photon, energy: 0, i: 0, j: 0, k: 0, x: 0, y: 0, z: 0, u: 0, v: 0, w: 1)
        stack = RawTable([Particle](repeating: nothing, count: Self.stackDepth))
    }

    /// Puts a particle aside; one that cannot wait or is too slow deposits where it is.
    @inline(__always)
    mutating func push(_ particle: Particle) {
        let cut =
            particle.kind == .photon ? scene.settings.photonCutKeV : scene.settings.electronCutKeV
        // A positron annihilates however slow it is.
        if waiting < Self.stackDepth && (particle.energy >= cut || particle.kind == .positron) {
            stack[waiting] = particle
            waiting += 1
        } else {
            deposit(particle.energy, of: particle, voxel: index(particle))
        }
    }

    /// Follows all waiting particles and their secondaries to their ends.
    @inline(__always)
    mutating func finish() {
        while waiting > 0 {
            waiting -= 1
            let particle = stack[waiting]
            if particle.kind == .photon {
                trackPhoton(particle)
            } else {
                trackElectron(particle)
            }
        }
    }

    @inline(__always)
    func index(_ particle: Particle) -> Int {
        particle.i + scene.nx * (particle.j + scene.ny * particle.k)
    }

    @inline(__always)
    func deposit(_ energyKeV: Double, of particle: Particle, voxel: Int) {
        score.add(energyKeV, at: particle, voxel: voxel)
    }

    /// Ends a positron at rest: two photons of 511 keV, back to back.
    mutating func annihilate(_ particle: Particle) {
        let r = random.next()
        var photon = particle
        photon.kind = .photon
        photon.energy = PhysicalRest.electronKeV
        photon.point(r.0, r.1)
        push(photon)
        (photon.u, photon.v, photon.w) = (-photon.u, -photon.v, -photon.w)
        push(photon)
    }
}
