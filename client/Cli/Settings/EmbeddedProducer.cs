using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Settings;

/// <summary>Creates the producer that runs in this process.</summary>
internal static class EmbeddedProducer
{
    /// <summary>Checks that the stream exists and creates a target that puts with a producer in this process.</summary>
    /// <param name="ack">When records count as done; null for what the stream's settings say.</param>
    /// <exception cref="CliException">The endpoint or the stream does not exist.</exception>
    public static async Task<IBatchTarget> CreateTargetAsync(
        CliHost host, StatusLine status, KplOptions options, string stream, AckLevel? ack = null, RoutingMode? routing = null) =>
        new EmbeddedTarget(await CreateAsync(host, status, options, stream, ack).ConfigureAwait(false), stream, isWhole: true, ack, routing);

    /// <summary>Checks that the stream exists and creates a producer in this process.</summary>
    /// <param name="status">Takes the producer's warnings and errors.</param>
    /// <param name="stream">The stream; null where only the records name theirs.</param>
    /// <param name="ack">When records count as done; null for what the stream's settings say.</param>
    /// <param name="keeper">What keeps records while Kinesis is away, in a sentence; null where that is the backlog, or nothing.</param>
    /// <param name="advice">What names another endpoint, in a sentence.</param>
    /// <exception cref="CliException">The endpoint or the stream does not exist.</exception>
    public static async Task<KplProducer> CreateAsync(
        CliHost host, StatusLine status, KplOptions options, string? stream, AckLevel? ack = null, string? keeper = null,
        string advice = KinesisConnection.Option)
    {
        if (stream is not null)
        {
            using var connection = KinesisConnection.Create(host, status, options, stream, advice);
            // Where records are kept, they are kept for an outage: then nobody can say whether the stream exists, and they are taken all the same.
            if (keeper is null && (ack ?? options.GetStream(stream).AckLevel) == AckLevel.Persisted && options.Backlog.Directory is { } folder)
                keeper = $"Records go to the backlog in {folder}; the next producer with this folder delivers what is left there";
            await connection.CheckAsync(
                host.Stop, keeper is null ? null : why => status.WriteLine($"kpl: {why}. {keeper}", Tone.Warning)).ConfigureAwait(false);
        }

        AwaitKinesis(options);
        return KplProducer.Create(options, new StatusLogger(status, host.Time), host.Time);
    }

    /// <summary>
    /// Has records that would count as done in memory count when Kinesis has them: what a verb tells as delivered, and what a checkpoint passes, must be there.
    /// </summary>
    public static void AwaitKinesis(KplOptions options)
    {
        Lift(options);
        foreach (var stream in options.ConfiguredStreams.ToList())
            options.ForStream(stream, Lift);

        static void Lift(StreamOptions settings) =>
            settings.AckLevel = settings.AckLevel == AckLevel.Accepted ? AckLevel.Delivered : settings.AckLevel;
    }
}
