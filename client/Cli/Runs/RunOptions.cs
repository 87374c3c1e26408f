using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Run.Model;

namespace Orleans.Kpl.Cli.Runs;

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
    internal static void Apply(KinesisOutput output, KplOptions options)
    {
        var kinesis = options.Kinesis;
        kinesis.Region = output.Region ?? kinesis.Region;
        kinesis.EndpointUrl = output.Endpoint ?? kinesis.EndpointUrl;
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
