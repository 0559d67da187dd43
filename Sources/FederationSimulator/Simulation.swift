/// A whole federation in one thread: the production machines with simulated shells around them, virtual time, a network
/// and a disk that fail, and checkers that watch. Every message crosses as the bytes it has in production.
///
/// One seed is one run: the same seed and configuration give the same trace.
package struct Simulation: Sendable {
    package let seed: UInt64
    package let configuration: SimulationConfiguration

    package init(seed: UInt64, configuration: SimulationConfiguration) {
        self.seed = seed
        self.configuration = configuration
    }

    package mutating func run() -> SimulationReport {
        var world = World(seed: seed, configuration: configuration)
        return world.run()
    }
}
