using Orleans.Kpl.Cli.Runs;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Run;

namespace Orleans.Kpl.Cli.Tests.Runs;

/// <remarks>Tests <see cref="RunOptions"/>.</remarks>
public sealed class RunOptionsTests
{
    [Fact]
    public void Read_HasWhatTheFileSays_AndTheSettingsForTheRest()
    {
        var options = Read(new()
        {
            Region = "eu-west-1", AccessKeyId = "other", SecretAccessKey = "secret", BatchSize = 7, BatchBytes = 100_000,
            Retry = new(MaxRetries: 3, InitialWait: TimeSpan.FromSeconds(1), MaxWait: TimeSpan.FromSeconds(2), BackoffKind.Linear),
        });
        // The token of the settings belongs to their key.
        Assert.Equal(("eu-west-1", "other", "secret", null),
            (options.Kinesis.Region, options.Kinesis.AccessKeyId, options.Kinesis.SecretAccessKey, options.Kinesis.SessionToken));
        Assert.Equal((7, 100_000L, TimeSpan.FromSeconds(1)), (options.CollectionMaxCount, options.CollectionMaxSize, options.RecordMaxBufferedTime));
        Assert.Equal((4, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), BackoffKind.Linear),
            (options.MaxAttempts, options.BackoffInitial, options.BackoffMax, options.Backoff));

        options = Read(new() { BatchDuration = TimeSpan.FromSeconds(2) });
        Assert.Equal(("eu-north-1", "own", "token"), (options.Kinesis.Region, options.Kinesis.AccessKeyId, options.Kinesis.SessionToken));
        Assert.Equal((400, 0, TimeSpan.FromSeconds(2)), (options.CollectionMaxCount, options.MaxAttempts, options.RecordMaxBufferedTime));
    }

    /// <summary>A record that waits for company, and between its attempts, must not expire before the last of them.</summary>
    [Theory]
    [InlineData(0, 0, 35)]
    [InlineData(3, 20, 95)]
    [InlineData(3, 1_000, 3_035)]
    [InlineData(1_000, 3_600, 24 * 24 * 60 * 60)]
    public void Read_GivesRecordsTheTimeThatWaitsTake(int retries, int wait, int seconds)
    {
        var output = new KinesisOutput { BatchDuration = TimeSpan.FromSeconds(5) };
        if (retries > 0)
            output = output with { Retry = new(retries, TimeSpan.FromSeconds(wait), TimeSpan.FromSeconds(wait), BackoffKind.Constant) };
        Assert.Equal(TimeSpan.FromSeconds(seconds), Read(output).RecordTtl);
        // What the settings say stays where it is enough.
        Assert.Equal(TimeSpan.FromDays(24), Read(output, "24d").RecordTtl);
    }

    private static KplOptions Read(KinesisOutput output, string ttl = "20s")
    {
        var host = CliRun.Console(environment: new()
        {
            ["Kpl__Kinesis__Region"] = "eu-north-1", ["Kpl__Kinesis__AccessKeyId"] = "own", ["Kpl__Kinesis__SecretAccessKey"] = "own-secret",
            ["Kpl__Kinesis__SessionToken"] = "token", ["Kpl__CollectionMaxCount"] = "400", ["Kpl__RecordMaxBufferedTime"] = "1s",
            ["Kpl__RecordTtl"] = ttl,
        });
        return RunOptions.Read(new CliSettings(host, null, null), new StatusLine(host), output);
    }
}
