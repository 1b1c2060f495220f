// Percentiles, histograms and axes: the mathematics of the benchmark's figures.

import NDISDrawing
import Testing

@Suite struct DistributionTests {
  @Test func aPercentileIsTheNearestRank() {
    let distribution = Distribution([50, 15, 40, 20, 35])
    #expect(distribution.percentile(0) == 15)
    #expect(distribution.percentile(5) == 15)
    #expect(distribution.percentile(30) == 20)
    #expect(distribution.percentile(40) == 20)
    #expect(distribution.percentile(50) == 35)
    #expect(distribution.percentile(100) == 50)
    // Beyond the ends are the ends.
    #expect(distribution.percentile(-1) == 15)
    #expect(distribution.percentile(101) == 50)
  }

  @Test func aThousandSamplesHaveTheirTail() {
    let distribution = Distribution((1...1000).map { UInt64($0) * 1_000 })
    #expect(distribution.microseconds(50) == 500)
    #expect(distribution.microseconds(99) == 990)
    #expect(distribution.microseconds(99.9) == 999)
    #expect(distribution.microseconds(100) == 1000)
  }

  @Test func nothingHasNoPercentile() {
    #expect(Distribution([]).percentile(50) == nil)
    #expect(Distribution([]).microseconds(50).isNaN)
    #expect(median([]).isNaN)
  }

  @Test func theMedianOfAnEvenCountIsBetweenTheMiddles() {
    #expect(median([3, 1, 2]) == 2)
    #expect(median([4, 1, 3, 2]) == 2.5)
  }

  @Test func everySampleIsInOneColumnOrAbove() throws {
    let samples = (1...997).map { UInt64($0 * $0) }
    let distribution = Distribution(samples)
    let axis = try #require(LogarithmicAxis(showing: [distribution]))
    let histogram = Histogram(distribution, axis: axis, columns: 60)
    #expect(histogram.shares.count == 60)
    let sum: Double = histogram.shares.reduce(histogram.above, +)
    #expect(abs(sum - 1) < 1e-9)
    #expect(histogram.peak == histogram.shares.max())
  }

  @Test func columnsAreOfEqualRatio() {
    let axis = LogarithmicAxis(low: 1, high: 16)
    let histogram = Histogram(Distribution([1, 2, 4, 8, 16, 17]), axis: axis, columns: 4)
    let sixth: Double = 1.0 / 6
    let expected: [Double] = [sixth, sixth, sixth, sixth]
    #expect(histogram.shares == expected)
    #expect(histogram.above == 2.0 / 6)
  }

  @Test func anAxisOfOneDurationStillHasRoom() throws {
    let axis = try #require(LogarithmicAxis(showing: [Distribution([7, 7, 7])]))
    #expect(axis.low < 7)
    #expect(axis.high > 7)
    #expect(LogarithmicAxis(showing: [Distribution([])]) == nil)
  }

  @Test func ticksAreRoundAndOnTheAxis() {
    let wide: [Double] = [1_000, 2_000, 5_000, 10_000, 20_000, 50_000]
    #expect(LogarithmicAxis(low: 900, high: 60_000).ticks == wide)
    let narrow = LogarithmicAxis(low: 19_000, high: 47_000)
    let few: [Double] = [20_000, 25_000, 30_000, 35_000, 40_000]
    #expect(narrow.ticks == few)
  }
}
