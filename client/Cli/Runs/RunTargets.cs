using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;
using Orleans.Kpl.Run;

namespace Orleans.Kpl.Cli.Runs;

/// <summary>Opens the output of a run: one producer in this process, or one connection to a tier, and a target for each stream.</summary>
/// <param name="findTrouble">Says what is wrong with a tier; null for a producer, whose records may wait for company longer than one waits to be told.</param>
internal sealed class RunTargets(
    Func<string, IBatchTarget> create, Func<Task> flush, Func<ValueTask> dispose, Func<Task<string?>>? findTrouble = null) : IAsyncDisposable
{
    /// <exception cref="CliException">The settings cannot work, or the endpoint or the stream does not exist.</exception>
    public static async Task<RunTargets> OpenAsync(CliHost host, StatusLine status, CliSettings settings, RunFile file)
    {
        if (file.Output is TierOutput tier)
        {
            // Whoever interrupts a run may kill it soon after. What the tier does not take until then goes where failed records go.
            var end = new CancellationTokenSource(Timeout.InfiniteTimeSpan, host.Time);
            var interrupt = host.Stop.Register(() => end.CancelAfter(TierConnection.Patience));
            var connection = new TierConnection(
                tier.Url ?? settings.Tier, TierAccess.Of(host), host.Time, "'url' of output.tier names another, as KPL_TIER does", end.Token);
            return new RunTargets(stream => new TierTarget(connection, stream), static () => Task.CompletedTask, () =>
            {
                interrupt.Dispose();
                connection.Dispose();
                end.Dispose();
                return ValueTask.CompletedTask;
            }, () => connection.FindTroubleAsync(file.Output.Stream));
        }

        var options = RunOptions.Read(settings, status, (KinesisOutput)file.Output);
        // Nothing is lost that is read: a run that the outage ended would only begin again.
        var keeper = PatientTarget.Suits(file) && file.Input is FileInputSettings { Checkpoint: not null }
            ? "Lines wait in their files, and the checkpoint passes none that is not delivered" : null;
        var producer = await EmbeddedProducer.CreateAsync(
            host, status, options, file.Output.Stream, keeper: keeper, advice: "'endpoint_url' of output.aws_kinesis names a local endpoint")
            .ConfigureAwait(false);
        return new RunTargets(stream => new EmbeddedTarget(producer, stream), () => producer.FlushAsync(), producer.DisposeAsync);
    }

    public IBatchTarget Create(string stream) => create(stream);

    /// <summary>Has a run over a tier say why nothing happens; null for others.</summary>
    public StallNotice? Watch(StatusLine status, TimeProvider time, DeliveryTally tally) =>
        findTrouble is null ? null : new StallNotice(status, time, () => (tally.Ended, tally.UnderWay), findTrouble);

    /// <summary>Lets nothing wait for company any more.</summary>
    public Task FlushAsync() => flush();

    public ValueTask DisposeAsync() => dispose();
}

/// <summary>The settings of a run's own producer: section <c>Kpl</c>, and above it what the run's file says.</summary>
internal static class RunOptions
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    /// <exception cref="CliException">The settings cannot work together; the exception lists every error.</exception>
    public static KplOptions Read(CliSettings settings, StatusLine status, KinesisOutput output)
    {
        var options = settings.ReadOptions(status);
        Apply(output, options);
        var report = KplOptionsValidator.Validate(options);
        return report.IsValid ? options : throw CliException.BadArguments(report.Errors);
    }

    /// <summary>Writes what a file says over the settings.</summary>
    private static void Apply(KinesisOutput output, KplOptions options)
    {
        var kinesis = options.Kinesis;
        kinesis.Region = output.Region ?? kinesis.Region;
        if (output.AccessKeyId is not null)
            (kinesis.AccessKeyId, kinesis.SecretAccessKey, kinesis.SessionToken) = (output.AccessKeyId, output.SecretAccessKey, output.SessionToken);
        options.CollectionMaxCount = output.BatchSize ?? options.CollectionMaxCount;
        options.CollectionMaxSize = output.BatchBytes ?? options.CollectionMaxSize;
        options.RecordMaxBufferedTime = output.BatchDuration ?? options.RecordMaxBufferedTime;
        var waits = TimeSpan.Zero;
        if (output.Retry is { } retry)
        {
            options.MaxAttempts = retry.MaxRetries + 1;
            (options.BackoffInitial, options.BackoffMax, options.Backoff) = (retry.InitialWait, retry.MaxWait, retry.Backoff);
            waits = retry.AllWaits;
        }

        // Waiting for company and between attempts must not end a record.
        var least = options.RecordMaxBufferedTime + waits + TimeSpan.FromSeconds(30);
        if (options.RecordTtl < least)
            options.RecordTtl = least < Longest ? least : Longest;
    }
}
