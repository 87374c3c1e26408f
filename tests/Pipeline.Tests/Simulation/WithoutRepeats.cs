namespace Orleans.Kpl.Pipeline.Tests.Simulation;

/// <summary>A consumer that drops repeats by producer numbers, beside one that does not.</summary>
internal static class WithoutRepeats
{
    /// <summary>
    /// Judges that each of these records is there exactly once for who drops repeats, and that there are repeats to drop: otherwise the test would
    /// show nothing.
    /// </summary>
    /// <returns>How many repeats were dropped.</returns>
    public static int Check(FakeKinesis kinesis, IEnumerable<string> data, int leastRepeats = 1)
    {
        var filter = new DuplicateFilter();
        var visible = kinesis.Records.Where(static r => r.VisibleToKcl).ToList();
        Assert.All(visible, static r => Assert.NotNull(r.Number));
        var kept = visible.Where(r => filter.IsNew(r.Number)).Select(static r => r.Data).ToList();
        Assert.Equal(data.Order(), kept.Order());
        var repeats = visible.Count - kept.Count;
        Assert.True(repeats >= leastRepeats, $"{repeats} repeats of {visible.Count} records");
        return repeats;
    }
}
