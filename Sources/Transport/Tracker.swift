/// Carries particles of one batch through the voxels.
///
/// One value per worker and batch: it owns its score, its stack, its photons and its random numbers.
///
/// Particles of a decay wait on a stack, but photons in a bank, each with random numbers of its own,
/// until there are enough of them to follow side by side. What a photon of the bank sets free is
/// followed to its end at once, with the numbers of that photon. So no draw depends on how many
/// photons are followed together.
struct Tracker<Score: Scoring> {
    let scene: TransportScene
    var score: Score
    var random: RandomStream
    var escapedKeV = 0.0
    var bank = PhotonBank()
    /// Whether photons wait on the stack, because they come from one of the bank.
    var followsPhoton = false
    private var history: UInt64 = 0
    /// Photons of the decay so far.
    private var photons: UInt64 = 0
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

    @inline(__always)
    mutating func begin(history: UInt64, draw: UInt32) {
        self.history = history
        photons = 0
        random.resume(RandomPlace(history: history, draw: draw))
    }

    /// Puts a particle aside; one that cannot wait or is too slow deposits where it is.
    @inline(__always)
    mutating func push(_ particle: Particle) {
        let cut =
            particle.kind == .photon ? scene.settings.photonCutKeV : scene.settings.electronCutKeV
        // A positron annihilates however slow it is.
        guard particle.energy >= cut || particle.kind == .positron else {
            deposit(particle.energy, of: particle, voxel: index(particle))
            return
        }
        if particle.kind == .photon && !followsPhoton {
            photons += 1
            keep(particle, RandomPlace(history: history, photon: photons))
        } else if waiting < Self.stackDepth {
            stack[waiting] = particle
            waiting += 1
        } else {
            deposit(particle.energy, of: particle, voxel: index(particle))
        }
    }

    /// Ends the decay: follows all that it set free, but for photons that may wait for others.
    @inline(__always)
    mutating func finishDecay() {
        finish(above: 0)
        if !scene.settings.followsTogether { followPhotonsOneByOne() }
    }

    /// Follows what lies on the stack above `base`, with its secondaries, to its end.
    @inline(__always)
    mutating func finish(above base: Int) {
        while waiting > base {
            waiting -= 1
            let particle = stack[waiting]
            if particle.kind == .photon {
                trackPhoton(particle, from: flight(particle))
            } else {
                trackElectron(particle)
            }
        }
    }

    /// The height of the stack.
    var stackHeight: Int { waiting }

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
        guard scene.settings.annihilates else { return }
        let r = random.next()
        var photon = particle
        photon.kind = .photon
        photon.energy = PhysicalRest.electronKeV
        photon.point(r.0, r.1, scene.functions)
        push(photon)
        (photon.u, photon.v, photon.w) = (-photon.u, -photon.v, -photon.w)
        push(photon)
    }
}
