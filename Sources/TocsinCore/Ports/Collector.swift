import TocsinModel

/// Something that can be measured on this machine, one file each.
///
/// A collector is owned by one thread at a time. It keeps its descriptors open, declares each series once and then puts
/// values; what it cannot read is a ``CollectFailure``, which the pool turns into data.
package protocol Collector: AnyObject {
    /// A short name, the `collector` label of the success and duration series.
    var name: String { get }
    /// Collect every so many periods; 1 for most.
    var every: Int { get }
    /// Reads everything once and puts the values. Whatever was put before a failure still counts.
    func collect(into batch: inout SampleBatch) throws(CollectFailure)
}

extension Collector {
    package var every: Int { 1 }
}

/// Why a collector has no values.
package struct CollectFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package let reason: String
    /// True when the thing does not exist here at all, as a kernel without pressure information: not a fault.
    package let absent: Bool

    package init(_ reason: String, absent: Bool = false) {
        self.reason = reason
        self.absent = absent
    }

    package var description: String { reason }
}

/// The values of one collection, by slots declared once.
///
/// Putting a value allocates nothing once the batch has seen its largest collection.
package struct SampleBatch: Sendable {
    /// The place of a series in its batch.
    package struct Slot: Sendable, Hashable {
        package let index: Int
    }

    /// A declared series. The generation tells whether the slot has been given to another series meanwhile.
    package struct Series: Sendable {
        package let family: MetricFamily
        package let labels: Labels
        package let generation: Int
    }

    package private(set) var series: [Series] = []
    package private(set) var slots: [Slot] = []
    package private(set) var values: [Double] = []
    private var vacant: [Int] = []
    private var generation = 0

    package init() {}

    /// Makes a place for a series. Declare once and keep the slot.
    package mutating func declare(_ family: MetricFamily, _ labels: Labels = .none) -> Slot {
        generation += 1
        let one = Series(family: family, labels: labels, generation: generation)
        if let free = vacant.popLast() {
            series[free] = one
            return Slot(index: free)
        }
        series.append(one)
        return Slot(index: series.count - 1)
    }

    /// Gives a place back when its device or mount is gone.
    package mutating func retire(_ slot: Slot) { vacant.append(slot.index) }

    /// Puts a value for this collection.
    @inline(__always)
    package mutating func put(_ slot: Slot, _ value: Double) {
        slots.append(slot)
        values.append(value)
    }

    /// Forgets the values, keeps the declarations.
    package mutating func begin() {
        slots.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
    }

    /// The value put for a series, by family name and labels; for tests and small look-ups.
    package func value(_ name: String, _ labels: Labels = .none) -> Double? {
        for (slot, value) in zip(slots, values)
        where series[slot.index].family.name == name && series[slot.index].labels == labels {
            return value
        }
        return nil
    }
}
