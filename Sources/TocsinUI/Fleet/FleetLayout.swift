import TocsinModel

/// Where each host of the fleet stands: denser the more there are, and always in the same place.
struct FleetLayout: Equatable {
    enum Density: Equatable {
        /// A line each, with numbers and words.
        case rows
        /// Sign and two digits.
        case tiles
        /// One cell each.
        case cells
        /// A cell for each group, its worst.
        case groups
    }

    /// One line: the name of a group where it begins, and hosts.
    struct Line: Equatable {
        var group: Int
        var beginsGroup: Bool
        /// Places among the page's hosts.
        var hosts: Range<Int>
    }

    let density: Density
    let lines: [Line]
    /// Columns of a cell.
    let cellWidth: Int

    static let nameWidth = 14
    static let mostRows = 40
    static let mostTiles = 600

    /// - Parameters:
    ///   - groups: how many hosts each group has.
    ///   - width: columns for names and cells.
    init(groups: [Int], width: Int, height: Int) {
        let total = groups.reduce(0, +)
        if total <= Self.mostRows, total <= max(4, height) {
            (density, cellWidth) = (.rows, width)
            lines = Self.lines(groups, perLine: 1)
            return
        }
        let room = max(1, width - Self.nameWidth)
        let tiles = Self.lines(groups, perLine: max(1, room / 4))
        if total <= Self.mostTiles, tiles.count <= height {
            (density, lines, cellWidth) = (.tiles, tiles, 4)
            return
        }
        let cells = Self.lines(groups, perLine: room)
        if cells.count <= height || groups.count <= 1 || groups.count > height * room {
            (density, lines, cellWidth) = (.cells, cells, 1)
            return
        }
        (density, cellWidth) = (.groups, 1)
        var start = 0
        lines = groups.enumerated().map { number, count in
            defer { start += count }
            return Line(group: number, beginsGroup: true, hosts: start..<(start + count))
        }
    }

    private static func lines(_ groups: [Int], perLine: Int) -> [Line] {
        var out: [Line] = []
        var start = 0
        for (number, count) in groups.enumerated() {
            var at = start
            while at < start + count {
                let end = min(at + perLine, start + count)
                out.append(Line(group: number, beginsGroup: at == start, hosts: at..<end))
                at = end
            }
            start += count
        }
        return out
    }

    /// The line a host stands in.
    func line(of host: Int) -> Int { lines.firstIndex { $0.hosts.contains(host) } ?? 0 }

    /// The host a step away: left and right along the hosts, up and down to the same column.
    func moved(_ host: Int, columns: Int, rows: Int) -> Int {
        let total = lines.last?.hosts.upperBound ?? 0
        guard total > 0 else { return 0 }
        if rows == 0 { return max(0, min(total - 1, host + columns)) }
        let at = line(of: host)
        let column = host - lines[at].hosts.lowerBound
        let wanted = lines[max(0, min(lines.count - 1, at + rows))].hosts
        return min(wanted.upperBound - 1, wanted.lowerBound + column)
    }
}
