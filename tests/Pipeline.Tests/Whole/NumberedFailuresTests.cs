using Orleans.Kpl.Pipeline.Services;

namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>
/// What a consumer finds by producer numbers, up to the last that the producer tells: each number is there, or its record failed and told the number.
/// Else a consumer would miss what nobody lost.
/// </summary>
/// <remarks>Tests <see cref="RecordResult.ProducerNumber"/>.</remarks>
public sealed class NumberedFailuresTests
{
    private readonly DeliveryVerifier _verifier =
        new(new DeliveryWindow(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue) { RecordTtl = TimeSpan.Zero, IsFromCreation = true });

    /// <summary>Aggregates that a wrong shard takes are taken apart: what then fails has the number that it had.</summary>
    [Fact]
    public async Task ARecordThatFailsAfterAReshard_TellsItsNumber()
    {
        var random = new Random(5);
        await using var harness = Numbered(5);
        var results = new List<RecordResult>(await PutAsync(harness, 0));
        harness.Kinesis.Reshard(FakeKinesis.Even(7, 10));
        harness.Kinesis.Refuse = (_, _) => random.Next(2) > 0 ? null : new PutRecordsReplyEntry(null, null, "InternalFailure", "not now");
        for (var round = 1; round < 6; round++)
            results.AddRange(await PutAsync(harness, round));

        var report = Judge(harness, results);

        Assert.Contains(harness.Kinesis.Records, static r => !r.VisibleToKcl);
        Assert.InRange(report.Failed, 1, results.Count(static r => !r.IsSuccess));
        Assert.Equal(0, report.Missing);
    }

    [Fact]
    public async Task TheListOfFailures_HasTheNumber()
    {
        await using var harness = Numbered(1);
        harness.Kinesis.Refuse = static (_, _) => new PutRecordsReplyEntry(null, null, "InternalFailure", "not now");
        var result = (await PutAsync(harness, 0))[3];
        var failures = new RecentFailures(harness.Time, keepsKeys: false);
        failures.Add(PipelineHarness.Stream, result);
        var told = failures.Find(PipelineHarness.Stream, 1)!.ProducerNumber;
        Assert.Equal(result.ProducerNumber, told);
        Assert.True(ProducerNumber.TryParse(told, out _));
    }

    [Fact]
    public async Task WithoutTheSetting_AFailureHasNoNumber()
    {
        await using var harness = new PipelineHarness(2, static o => o.RecordTtl = TimeSpan.FromMilliseconds(500));
        harness.Kinesis.Refuse = static (_, _) => new PutRecordsReplyEntry(null, null, "InternalFailure", "not now");
        Assert.All(await PutAsync(harness, 0), static r => Assert.Equal((RecordStatus.Failed, null), (r.Status, r.ProducerNumber)));
    }

    private static PipelineHarness Numbered(int seed) => new(
        4,
        static o =>
        {
            o.ProducerNumbers = true;
            o.RecordTtl = TimeSpan.FromMilliseconds(500);
            o.AggregationMaxCount = 7;
        },
        seed);

    private static async Task<IReadOnlyList<RecordResult>> PutAsync(PipelineHarness harness, int round) =>
        await harness.DriveAsync(harness.Producer.PutAsync(
            PipelineHarness.Stream, Enumerable.Range(round * 1_000, 300).Select(static i => PipelineHarness.Record(i)).ToArray()).AsTask());

    private DeliveryReport Judge(PipelineHarness harness, List<RecordResult> results)
    {
        foreach (var record in harness.Kinesis.Records.Where(static r => r.VisibleToKcl))
            _verifier.Note(record.Number, record.ShardId, DateTimeOffset.UnixEpoch);
        foreach (var result in results.Where(static r => !r.IsSuccess))
        {
            Assert.True(ProducerNumber.TryParse(result.ProducerNumber, out var number), $"{result} has no number");
            _verifier.NoteFailed(number);
        }

        foreach (var line in harness.Producer.NumbersOf(PipelineHarness.Stream).Lines)
        {
            Assert.True(ProducerNumber.TryParse(line.ProducerNumber, out var last));
            _verifier.NoteLast(last, line.BegunAt, line.GivenAt, line.IsInBacklog);
        }

        var report = _verifier.GetReport(harness.Time.GetUtcNow().AddDays(1));
        Assert.Equal((0L, 0), (report.UnderWay, report.LinesWithoutEnd));
        return report;
    }
}
