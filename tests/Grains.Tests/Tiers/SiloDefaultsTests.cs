using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Producer.Tests.Logging;
using Orleans.Serialization;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>What <c>AddKpl</c> brings of the options that are the whole program's, and what it says of the others.</summary>
public sealed class SiloDefaultsTests
{
    /// <summary>Nobody waits for a lease of half a minute where a lost silo is noticed after two seconds. What the program sets holds.</summary>
    [Theory]
    [InlineData(1, 2, null, 2)]
    [InlineData(20, 3, null, 30)]
    [InlineData(1, 2, 7, 7)]
    public async Task Lease_OfALostSilosEntries_EndsWhenTheLossIsNoticed(int probe, int missed, int? set, int lease)
    {
        await using var silo = StagedLifecycle.Build(builder =>
        {
            builder.Configure<ClusterMembershipOptions>(o => (o.MaxProbeTimeout, o.NumMissedProbesLimit) = (TimeSpan.FromSeconds(probe), missed));
            if (set is { } seconds)
                builder.Configure<GrainDirectoryOptions>(o => o.RangeLeaseDuration = TimeSpan.FromSeconds(seconds));
        });

        Assert.Equal(lease, silo.GetRequiredService<IOptions<GrainDirectoryOptions>>().Value.RangeLeaseDuration.TotalSeconds);
    }

    /// <summary>A call may wait for its records for 40 s, and a stop for all of them for 90 s.</summary>
    [Theory]
    [InlineData(null, 50, 90)]
    [InlineData(7, 7, 7)]
    public async Task WarningsOfCalls_AndTheStop_WaitForRecords_UnlessTheProgramSaysOtherwise(int? set, int warning, int stop)
    {
        await using var silo = StagedLifecycle.Build(builder =>
        {
            if (set is not { } seconds)
                return;
            builder.Configure<SiloMessagingOptions>(o => o.RequestProcessingWarningTime = TimeSpan.FromSeconds(seconds));
            builder.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(seconds));
        });

        Assert.Equal(warning, silo.GetRequiredService<IOptions<SiloMessagingOptions>>().Value.RequestProcessingWarningTime.TotalSeconds);
        Assert.Equal(stop, silo.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout.TotalSeconds);
    }

    /// <summary>The values of silo/Host (docs/membership.md), and each of them as Orleans has it.</summary>
    [Theory]
    [InlineData(1, 2, 2, 5, 2, null)]
    [InlineData(20.5, 3, 2, 5, 2, "until then nobody sends for its shards (MaxProbeTimeout 20.5 s, NumMissedProbesLimit 3; there 1 s and 2)")]
    [InlineData(1, 2, 60, 5, 2, "goes on until it reads that it is dead, and its shards have two owners (TableRefreshTimeout 60 s; there 2 s)")]
    [InlineData(1, 2, 2, 30, 2, "may wait 90 s for them before it joins (IAmAliveTablePublishTimeout 30 s; there 5 s)")]
    [InlineData(1, 2, 2, 5, 1, "one sick silo can declare any other dead (NumVotesForDeathDeclaration 1; there 2)")]
    public void Slow_IsWhatCostsMoreThanInTheTiersOwnSilos(double probe, int missed, int refresh, int alive, int votes, string? told)
    {
        using CommaCulture commas = new();
        var found = SettingsCheck.FindSlow(new ClusterMembershipOptions
        {
            MaxProbeTimeout = TimeSpan.FromSeconds(probe),
            NumMissedProbesLimit = missed,
            TableRefreshTimeout = TimeSpan.FromSeconds(refresh),
            IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(alive),
            NumVotesForDeathDeclaration = votes,
        }).ToList();

        if (told is null)
            Assert.Empty(found);
        else
            Assert.EndsWith(told, Assert.Single(found), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StartCheck.Log, true)]
    [InlineData(StartCheck.Off, false)]
    public async Task Start_WithOrleansOwnValues_TellsOfThemInOneLine(StartCheck check, bool isTold)
    {
        var log = new CapturedLog();
        await using var silo = StagedLifecycle.Build(
            builder => builder.ConfigureServices(services => services.AddSingleton<ILoggerProvider>(log)), o => o.CheckAtStart = check);
        await CheckAsync(silo);

        var lines = log.Texts.Where(static l => l.Contains("a silo's loss costs more", StringComparison.Ordinal)).ToList();
        Assert.Equal(isTold ? 1 : 0, lines.Count);
        Assert.All(lines, static l => Assert.Contains("TableRefreshTimeout 60 s; there 2 s", l, StringComparison.Ordinal));
    }

    /// <summary>A message that is too large ends the connection of everybody, so nobody finds out by putting a large batch.</summary>
    [Theory]
    [InlineData(SettingsCheck.LeastBody - 1, true)]
    [InlineData(SettingsCheck.LeastBody, false)]
    public async Task Start_WhereABatchDoesNotFitAMessage_Fails(int largest, bool fails)
    {
        await using var silo = StagedLifecycle.Build(
            builder => builder.Configure<SiloMessagingOptions>(o => o.MaxMessageBodySize = largest), static o => o.CheckAtStart = StartCheck.Off);
        var error = await Record.ExceptionAsync(() => CheckAsync(silo));

        Assert.Equal(fails, error is KplOptionsException e && e.Message.Contains($"MaxMessageBodySize is {largest}", StringComparison.Ordinal));
    }

    /// <summary>The largest batch, of small records or of large ones, is no larger than a message may be.</summary>
    [Theory]
    [InlineData(500)]
    [InlineData(1 << 20)]
    public void LargestBatch_FitsAMessage(int record)
    {
        var bytes = Largest(record).Bytes;
        Assert.InRange(bytes, RecordBatch.MaxBytes - (2 << 20), SettingsCheck.LeastBody - (64 << 10));
    }

    /// <summary>Failed records are sent back, each with its outcome: where all of many small ones failed, the answer ended the connection.</summary>
    [Theory]
    [InlineData(320)]
    [InlineData(1 << 20)]
    public void AnswerToTheLargestBatch_WhereAllFailed_FitsAMessage(int record)
    {
        var (batch, _) = Largest(record);
        var attempt = new Attempt
        {
            StartedAt = DateTimeOffset.UnixEpoch, EndedAt = DateTimeOffset.UnixEpoch.AddSeconds(1), ErrorCode = "InternalFailure", ErrorMessage = "busy",
        };
        // The records of one Kinesis record share their attempts.
        var answer = batch.Chunk(100).SelectMany(together =>
        {
            Attempt[] attempts = [.. Enumerable.Repeat(attempt, 65)];
            return together.Select(r => RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.Expired, "expired", r, attempts));
        }).ToArray();

        Assert.InRange(BytesOf(answer), RecordBatch.MaxBytes - (2 << 20), SettingsCheck.LeastBody - (64 << 10));
    }

    private static (RecordBatch Batch, int Bytes) Largest(int record)
    {
        var data = new byte[record];
        for (var count = Math.Min(RecordBatch.MaxRecords, RecordBatch.MaxBytes / record); ; count -= Math.Max(1, count / 1_000))
        {
            try
            {
                var batch = new RecordBatch(Enumerable.Range(0, count).Select(i => new UserRecord($"key-{i}", data)).ToArray());
                return (batch, BytesOf(batch));
            }
            catch (ArgumentException)
            {
                // Fewer, then.
            }
        }
    }

    private static int BytesOf<T>(T message)
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        return services.GetRequiredService<Serializer>().SerializeToArray(message).Length;
    }

    private static async Task CheckAsync(ServiceProvider silo)
    {
        var starts = StagedLifecycle.Of<SettingsCheck>(silo);
        Assert.Single(starts.Names);
        await starts.StartAsync();
    }
}
