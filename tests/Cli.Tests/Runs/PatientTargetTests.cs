using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Runs;

namespace Orleans.Kpl.Cli.Tests.Runs;

public sealed class PatientTargetTests
{
    [Fact]
    public async Task Send_OfWhatMayBeDeliveredLater_IsRepeatedUntilItIs_AndNothingElse()
    {
        var inner = new Refusing(attempts: 3);
        var batch = new PutBatch();
        foreach (var data in new[] { "good", "late", "large", "late" })
            batch.Add(data, System.Text.Encoding.UTF8.GetBytes(data), batch.Count, isJson: false, hashKey: 5);

        await await new PatientTarget(inner, new PromptTime(), mayBeDenied: false, CancellationToken.None).StartAsync(batch);

        Assert.Equal([true, true, false, true], batch.Outcomes.ToArray().Select(static outcome => outcome.Delivered));
        Assert.Equal(RecordErrorCodes.RecordTooLarge, batch.Outcomes[2].ErrorCode);
        Assert.Equal(["good late large late", "late late", "late late", "late late"], inner.Sent);
    }

    /// <summary>A misspelt stream that a record had named was tried for ever, and nothing behind it was read in the end.</summary>
    [Fact]
    public async Task Send_ToAStreamThatIsNotForUs_IsNotRepeated_WhereTheRecordIsKept()
    {
        var inner = new Refusing(attempts: 2);
        var batch = new PutBatch();
        foreach (var data in new[] { "denied", "late" })
            batch.Add(data, "data"u8, batch.Count, isJson: false);

        await await new PatientTarget(inner, new PromptTime(), mayBeDenied: true, CancellationToken.None).StartAsync(batch);

        Assert.Equal([false, true], batch.Outcomes.ToArray().Select(static outcome => outcome.Delivered));
        Assert.Equal(["denied late", "late", "late"], inner.Sent);
    }

    /// <summary>Kinesis' own refusal was tried for ever: the run stood, and once its calls were full, for all other streams too.</summary>
    [Fact]
    public async Task Send_ToAStreamThatIsNotForUs_EndsTheRun_WhereTheRecordIsNotKept()
    {
        using var halt = new CancellationTokenSource();
        var inner = new Refusing(attempts: 0, halt.Cancel);
        var batch = new PutBatch();
        foreach (var data in new[] { "good", "denied" })
            batch.Add(data, "data"u8, batch.Count, isJson: false);

        var sending = await new PatientTarget(inner, new PromptTime(), mayBeDenied: false, halt.Token).StartAsync(batch);

        Assert.Equal(ExitCode.NotThere, (await Assert.ThrowsAsync<CliException>(() => sending)).Code);
        Assert.Equal([true, false], batch.Outcomes.ToArray().Select(static outcome => outcome.Delivered));
        Assert.Equal(["good denied"], inner.Sent);
    }

    [Fact]
    public async Task Send_WhenTheRunHalts_EndsWithWhatItHas()
    {
        using var halt = new CancellationTokenSource();
        var inner = new Refusing(attempts: int.MaxValue, () => halt.Cancel());
        var batch = new PutBatch();
        batch.Add("late", "late"u8, 0, isJson: false);
        await await new PatientTarget(inner, new PromptTime(), mayBeDenied: false, halt.Token).StartAsync(batch);
        Assert.Equal((RecordErrorCodes.Expired, 1), (batch.Outcomes[0].ErrorCode, inner.Sent.Count));
    }

    /// <summary>What was delivered went to the fallback, and was read again by the next run.</summary>
    [Fact]
    public async Task Send_WhoseSecondTimeThrows_LeavesDeliveredWhatTheFirstDelivered()
    {
        var inner = new Refusing(attempts: 2);
        inner.Throws = sent => sent == 2;
        var ended = new List<PutOutcome>();
        var target = new PatientTarget(inner, new PromptTime(), mayBeDenied: false, CancellationToken.None);
        var sender = new BatchSender(
            target, new InFlightWindow(TimeProvider.System), TimeProvider.System,
            (batch, _) => ended.AddRange(batch.Outcomes));
        var batch = sender.Rent();
        foreach (var data in new[] { "good", "late", "good" })
            batch.Add(data, "data"u8, batch.Count, isJson: false);
        await sender.SendAsync(batch);

        await Assert.ThrowsAsync<IOException>(sender.DrainAsync);
        Assert.Equal([true, false, true], ended.Select(static outcome => outcome.Delivered));
        Assert.Equal(RecordErrorCodes.Expired, ended[1].ErrorCode);
    }

    private sealed class Refusing(int attempts, Action? sent = null) : IBatchTarget
    {
        public List<string> Sent { get; } = [];

        public Func<int, bool> Throws { get; set; } = static _ => false;

        public ValueTask<Task> StartAsync(PutBatch batch)
        {
            Sent.Add(string.Join(' ', Enumerable.Range(0, batch.Count).Select(batch.KeyOf)));
            for (var i = 0; i < batch.Count; i++)
            {
                batch.Outcomes[i] = batch.KeyOf(i) switch
                {
                    "denied" => PutOutcome.Failure(RecordErrorCodes.Expired, null) with { IsDenied = true },
                    "large" => PutOutcome.Failure(RecordErrorCodes.RecordTooLarge, null),
                    "late" when Sent.Count <= attempts => PutOutcome.Failure(RecordErrorCodes.Expired, null),
                    _ => new PutOutcome(true, null, null, null, null, null),
                };
            }

            sent?.Invoke();
            if (Throws(Sent.Count))
                throw new IOException("as the test says");
            return new(Task.CompletedTask);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
