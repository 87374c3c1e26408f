using Orleans.Kpl.Pipeline.Road.Judging;

namespace Orleans.Kpl.Pipeline.Tests.Road.Judging;

/// <summary>Every row of the verdict table, by what it does to records.</summary>
public sealed class VerdictTableTests
{
    public static TheoryData<string> Codes => [.. VerdictTable.Codes, "SomethingNewException"];

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task WholeCall_RefusedOnce(string code)
    {
        var kind = VerdictTable.Of(code);
        await using var harness = new PipelineHarness(shards: 1, configure: o => o.AggregationEnabled = false);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        var left = 1;
        harness.Kinesis.BeforePut = (_, _) => left-- > 0 ? throw new KinesisException(KinesisFailureKind.Refused, code, "as the test says", 400) : default;

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(8)).AsTask());

        var ended = kind is VerdictKind.Fail or VerdictKind.EndUnknown;
        Assert.All(results, r => Assert.Equal(!ended, r.IsSuccess));
        Assert.All(results, r => Assert.Equal(kind == VerdictKind.EndUnknown, r.Status == RecordStatus.Unknown));
        Assert.All(results, r => Assert.Equal(code, r.Attempts[0].ErrorCode));
        Assert.Contains($"call failed {code}", harness.Events.Said);
        Assert.Equal(kind == VerdictKind.RetrySlowly ? 1 : 0, harness.Events.Said.Count(s => s == $"blocked {code}"));
        Assert.Equal(kind == VerdictKind.RetrySlowly ? 1 : 0, harness.Events.Said.Count(s => s == $"unblocked {code}"));
        if (ended)
            return;
        var waits = results.Select(r => (r.Attempts[1].StartedAt - r.Attempts[0].EndedAt).TotalMilliseconds).ToList();
        var (shortest, longest) = kind switch
        {
            VerdictKind.RetrySlowly => (2_500, 5_100),
            VerdictKind.Halve => (0, 0),
            // Beside the wait, the map is read.
            VerdictKind.ConfirmStream => (25, 2_000),
            _ => (25, 60),
        };
        Assert.All(waits, wait => Assert.InRange(wait, shortest, longest));
        Assert.Equal(kind == VerdictKind.Halve ? [1, 8, 4, 4] : [1, 8], harness.Kinesis.Calls.Take(kind == VerdictKind.Halve ? 4 : 2));
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task OneEntry_RefusedOnce(string code)
    {
        var kind = VerdictTable.Of(code);
        await using var harness = new PipelineHarness(shards: 1, configure: o => o.AggregationEnabled = false);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        var left = 1;
        harness.Kinesis.Refuse = (_, _) => left-- > 0 ? new(null, null, code, "as the test says") : null;

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(8)).AsTask());

        var refused = Assert.Single(results, r => r.Attempts[0].ErrorCode == code);
        Assert.Equal(kind is not (VerdictKind.Fail or VerdictKind.EndUnknown or VerdictKind.Halve), refused.IsSuccess);
        Assert.Equal(kind == VerdictKind.EndUnknown, refused.Status == RecordStatus.Unknown);
        Assert.All(results.Except([refused]), r => Assert.True(r.IsSuccess));
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task WholeCall_RefusedForEver(string code)
    {
        var kind = VerdictTable.Of(code);
        await using var harness = new PipelineHarness(shards: 1);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        harness.Kinesis.BeforePut = (_, _) => throw new KinesisException(KinesisFailureKind.Refused, code, "as the test says", 400);

        var result = await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(1)), 50);

        Assert.Equal(kind is VerdictKind.Fail or VerdictKind.EndUnknown or VerdictKind.Halve ? code : RecordErrorCodes.Expired, result.ErrorCode);
        Assert.Equal(kind == VerdictKind.RetrySlowly ? 1 : 0, harness.Events.Said.Count(s => s == $"blocked {code}"));
        if (kind == VerdictKind.RetrySlowly)
            Assert.InRange(result.Attempts.Count, 6, 15);
    }

    [Fact]
    public void VerdictsPage_TellsOfEveryRow()
    {
        var lines = File.ReadAllLines(Path.Combine(Checkout.Root, "docs", "verdicts.md"));

        foreach (var code in VerdictTable.Codes)
        {
            var word = VerdictTable.Of(code) switch
            {
                VerdictKind.Retry => "`Retry`",
                VerdictKind.RetrySlowly => "`RetrySlowly`",
                VerdictKind.Halve => "`Halve`",
                VerdictKind.ConfirmStream => "`ConfirmStream`",
                VerdictKind.EndUnknown => "`EndUnknown`",
                _ => "failed",
            };
            Assert.Contains(lines, l => l.StartsWith("| ", StringComparison.Ordinal) && l.Contains($"`{code}`", StringComparison.Ordinal) && l.Contains(word, StringComparison.Ordinal));
        }
    }
}
