using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Producer.Setup;
using LocalEndpoint = Orleans.Kpl.Producer.Tests.Sockets.LocalKinesis;

namespace Orleans.Kpl.Producer.Tests.Backlog;

/// <summary>An embedded producer with a folder for its backlog, over real sockets and files.</summary>
/// <remarks>Tests <see cref="BacklogFolder"/> too.</remarks>
public sealed class EmbeddedBacklogTests : IDisposable
{
    private static readonly PutOptions Persisted = new() { AckLevel = AckLevel.Persisted };

    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Open = Own | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly TemporaryFolder _temporary = new();

    private string Folder => _temporary.Path;

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task Put_WhenPersisted_IsAnsweredWithoutKinesisAndDeliveredByTheNextProducer()
    {
        await using var endpoint = await LocalEndpoint.StartAsync();
        var outage = endpoint.Server.Kinesis.Faults.Add(new OutageFault());
        await using (var first = endpoint.Producer(Configure))
        {
            Assert.All(await first.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Records(100), Persisted),
                static r => Assert.Equal(RecordStatus.Persisted, r.Status));
            Assert.Equal(new StreamLedger(100, 0, 0, 0, 0, 100, 0), first.GetLedger(LocalEndpoint.Stream));
        }

        endpoint.Server.Kinesis.Faults.Remove(outage);
        await using var second = endpoint.Producer(Configure);
        await UntilAsync(second, static b => b.Records == 0 && b.Segments == 0, () => endpoint.Applied().Count >= 100);

        Assert.Equal(100, endpoint.Applied().Count);
        Assert.Equal(100, endpoint.Applied().Select(static r => r.Key).Distinct().Count());
        // The books are written after the backlog.
        await Waiting.UntilAsync(async () =>
            await second.Backlog.GetLedgerAsync(LocalEndpoint.Stream, TestContext.Current.CancellationToken) == new StreamLedger(100, 100, 0, 0, 0, 0, 0));
    }

    /// <summary>Operators look right after a restart, before the store has been read.</summary>
    [Fact]
    public async Task GetBacklog_RightAfterTheStart_CountsWhatTheLastProcessLeft()
    {
        await using var endpoint = await LocalEndpoint.StartAsync();
        endpoint.Server.Kinesis.Faults.Add(new OutageFault());
        await using (var first = endpoint.Producer(Configure))
            await first.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Records(100), Persisted);

        await using var second = endpoint.Producer(Configure);
        var backlog = await second.Backlog.GetBacklogAsync(LocalEndpoint.Stream, TestContext.Current.CancellationToken);
        var ledger = await second.Backlog.GetLedgerAsync(LocalEndpoint.Stream, TestContext.Current.CancellationToken);

        Assert.Equal(100, backlog.Records);
        Assert.True(backlog.Segments > 0);
        Assert.Equal((100, 100), (ledger.Accepted, ledger.InBacklog));
    }

    /// <summary>The wall clock is no matter but for the age of what waits, and there it must not make records vanish.</summary>
    [Theory]
    [InlineData(+60)]
    [InlineData(-60)]
    [InlineData(-60 * 24 * 400)]
    public async Task Clock_WhenItJumps_IsNoMatter(int minutes)
    {
        await using var endpoint = await LocalEndpoint.StartAsync();
        var time = new JumpingTime();
        var outage = endpoint.Server.Kinesis.Faults.Add(new OutageFault());
        await using (var first = KplProducer.Create(endpoint.Options(Configure), timeProvider: time))
        {
            await first.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Records(50), Persisted);
            time.Jump(TimeSpan.FromMinutes(minutes));
            Assert.All(
                await first.PutAsync(LocalEndpoint.Stream, Enumerable.Range(50, 50).Select(LocalEndpoint.Record).ToArray(), Persisted), static r =>
                    Assert.True(r.IsSuccess, r.ToString()));
            Assert.InRange((await first.Backlog.GetBacklogAsync(LocalEndpoint.Stream, TestContext.Current.CancellationToken)).OldestAge, TimeSpan.Zero,
                TimeSpan.FromMinutes(61));
        }

        endpoint.Server.Kinesis.Faults.Remove(outage);
        await using var second = KplProducer.Create(endpoint.Options(Configure), timeProvider: time);
        await UntilAsync(second, static b => b.Records == 0, () => endpoint.Applied().Count >= 100);
        Assert.Equal(100, endpoint.Applied().Select(static r => r.Key).Distinct().Count());
        Assert.Empty(await second.Backlog.GetDeadLettersAsync(LocalEndpoint.Stream, cancellationToken: TestContext.Current.CancellationToken));
    }

    /// <summary>Forward by more than <c>BacklogMaxAge</c>, records look too old: they are set aside, not gone, and can be put in again.</summary>
    [Fact]
    public async Task Clock_WhenItJumpsBeyondTheOldestAge_SetsAsideAndLosesNothing()
    {
        await using var endpoint = await LocalEndpoint.StartAsync();
        var time = new JumpingTime();
        var outage = endpoint.Server.Kinesis.Faults.Add(new OutageFault());
        await using (var first = KplProducer.Create(endpoint.Options(Configure), timeProvider: time))
            await first.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Records(10), Persisted);

        time.Jump(TimeSpan.FromDays(8));
        endpoint.Server.Kinesis.Faults.Remove(outage);
        await using var second = KplProducer.Create(endpoint.Options(Configure), timeProvider: time);
        await UntilAsync(second, static b => b.DeadLetters == 10 && b.Records == 0);
        Assert.All(
            await second.Backlog.GetDeadLettersAsync(LocalEndpoint.Stream, cancellationToken: TestContext.Current.CancellationToken),
            static l => Assert.Equal(RecordErrorCodes.Expired, l.ErrorCode));
        Assert.Empty(endpoint.Applied());

        Assert.Equal(10, await second.Backlog.RequeueDeadLettersAsync(LocalEndpoint.Stream, cancellationToken: TestContext.Current.CancellationToken));
        await UntilAsync(second, static b => b is { DeadLetters: 0, Records: 0 }, () => endpoint.Applied().Count >= 10);
    }

    [Fact]
    public async Task Create_WhenAnotherProducerHasTheFolder_SaysSo()
    {
        await using var endpoint = await LocalEndpoint.StartAsync();
        await using (endpoint.Producer(Configure))
            Assert.Contains(Folder, Assert.Single(Assert.Throws<KplOptionsException>(() => endpoint.Producer(Configure)).Errors), StringComparison.Ordinal);
        await using var next = endpoint.Producer(Configure);
        Assert.True((await next.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Record(1), Persisted)).IsSuccess);
    }

    [Fact]
    public void Create_WhenTheFolderCannotBe_TellsItWithAllOtherErrors()
    {
        var file = Path.Combine(Folder, "file");
        File.WriteAllText(file, "");

        var errors = Assert.Throws<KplOptionsException>(
            () => KplProducer.Create(
                new KplOptions { RateLimit = 0, Backlog = { Directory = Path.Combine(file, "below") }, Kinesis = { Region = "us-east-1" } })).Errors;

        Assert.Equal(2, errors.Count);
        Assert.Contains(errors, static e => e.StartsWith("Kpl:RateLimit", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.StartsWith("Kpl:Backlog:Directory", StringComparison.Ordinal) && e.Contains($"{file} is a file", StringComparison.Ordinal));
    }

    /// <summary>
    /// As when its volume is not mounted for a moment: what cannot be read then is not gone. It was once given up, and deleted when the folder was
    /// back.
    /// </summary>
    [Fact]
    public async Task Folder_ThatIsAwayForAWhile_LosesNothing()
    {
        const int Records = 20;
        await using var endpoint = await LocalEndpoint.StartAsync();
        var outage = endpoint.Server.Kinesis.Faults.Add(new OutageFault());
        await using (var first = endpoint.Producer(Configure))
        {
            for (var i = 0; i < Records; i++)
                Assert.Equal(RecordStatus.Persisted,
                    (await first.PutAsync(LocalEndpoint.Stream, new UserRecord($"key-{i}", new byte[100_000]), Persisted,
                    TestContext.Current.CancellationToken)).Status);
        }

        // Each is a segment of its own. The room lets a few out, and a few more are read ahead.
        await using var second = endpoint.Producer(o =>
        {
            Configure(o);
            o.MaxOutstandingBytes = 1 << 20;
        });
        await UntilAsync(second, static b => b.Segments == Records);
        // Answered when the log of dead letters is open: opening it makes the folder, which is to be away.
        Assert.Empty(await second.Backlog.GetDeadLettersAsync(LocalEndpoint.Stream, cancellationToken: TestContext.Current.CancellationToken));
        var (folder, elsewhere) = (Path.Combine(Folder, LocalEndpoint.Stream), Path.Combine(Folder, "elsewhere"));
        Directory.Move(folder, elsewhere);
        endpoint.Server.Kinesis.Faults.Remove(outage);
        await UntilAsync(second, static b => b.StoreError is not null);
        Directory.Move(elsewhere, folder);

        await UntilAsync(second, static b => b is { Segments: 0, Records: 0, StoreError: null }, () => endpoint.Applied().Select(static r => r.Key).Distinct()
            .Count() == Records);
        Assert.Equal(0, second.GetLedger(LocalEndpoint.Stream).Unknown);
        Assert.Equal(0, (await second.Backlog.GetBacklogAsync(LocalEndpoint.Stream, TestContext.Current.CancellationToken)).DamagedSegments);
    }

    /// <summary>As the runbook says. Under the former number, which it once named, the file was removed: that number is done.</summary>
    [Fact]
    public async Task Segment_ThatWasSetAside_IsDeliveredUnderTheNumberThatTheRunbookNames()
    {
        var names = Regex.Match(File.ReadAllText(Checkout.Root + "docs/runbook/alerts/segments-damaged.md"), @"mv aside/(\d{19})\.segment (\d{19})\.segment");
        var raise = long.Parse(names.Groups[2].Value, CultureInfo.InvariantCulture) - long.Parse(names.Groups[1].Value, CultureInfo.InvariantCulture);
        await using var endpoint = await LocalEndpoint.StartAsync();
        var outage = endpoint.Server.Kinesis.Faults.Add(new OutageFault());
        await using (var first = endpoint.Producer(Configure))
            await first.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Records(10), Persisted, TestContext.Current.CancellationToken);
        var written = Assert.Single(Directory.GetFiles(Folder, "*.segment", SearchOption.AllDirectories));
        var bytes = await File.ReadAllBytesAsync(written, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(written, bytes.AsMemory(..^1), TestContext.Current.CancellationToken);
        endpoint.Server.Kinesis.Faults.Remove(outage);
        await using (var second = endpoint.Producer(Configure))
        {
            await UntilAsync(second, static b => b.DamagedSegments == 1);
            // The log goes on: the next numbers are used, delivered and removed.
            await second.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Record(10), Persisted, TestContext.Current.CancellationToken);
            await UntilAsync(second, static b => b is { Records: 0, Segments: 0 });
        }

        var aside = Assert.Single(Directory.GetFiles(Folder, "*.segment", SearchOption.AllDirectories));
        await File.WriteAllBytesAsync(aside, bytes, TestContext.Current.CancellationToken);
        var number = long.Parse(Path.GetFileNameWithoutExtension(aside), CultureInfo.InvariantCulture) + raise;
        File.Move(aside, Path.Combine(Path.GetDirectoryName(written)!, $"{number:D19}.segment"));
        await using var third = endpoint.Producer(Configure);
        var last = await third.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Record(11), Persisted, TestContext.Current.CancellationToken);
        Assert.Equal(RecordStatus.Persisted, last.Status);
        await UntilAsync(
            third, static b => b is { Records: 0, Segments: 0, DamagedSegments: 0 },
            () => endpoint.Applied().Select(static r => r.Key).Distinct().Count() == 12);
    }

    [Fact]
    public async Task AddKpl_WithAFolder_HasABacklogAndItsAdministration()
    {
        await using var endpoint = await LocalEndpoint.StartAsync();
        var settings = new Dictionary<string, string?>
        {
            ["Kpl:Kinesis:EndpointUrl"] = endpoint.Server.Url.AbsoluteUri, ["Kpl:Backlog:Directory"] = Folder, ["Kpl:Streams:events:AckLevel"] = "Persisted",
        };
        await using var services = new ServiceCollection().AddKpl(new ConfigurationBuilder().AddInMemoryCollection(settings).Build().GetSection("Kpl"))
            .BuildServiceProvider();

        var result = await services.GetRequiredService<IKplProducer>()
            .PutAsync(LocalEndpoint.Stream, LocalEndpoint.Record(1), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(RecordStatus.Persisted, result.Status);
        var admin = services.GetRequiredService<IBacklogAdmin>();
        Assert.Equal(1, (await admin.GetLedgerAsync(LocalEndpoint.Stream, TestContext.Current.CancellationToken)).Accepted);
        var books = await admin.GetLedgerReportAsync(LocalEndpoint.Stream, TestContext.Current.CancellationToken);
        var covered = Assert.Single(books.Covered);
        Assert.Equal(($"{Environment.MachineName}:{Environment.ProcessId}", 1, 1), (covered.Process, covered.Ledger.Accepted, books.Ledger.Accepted));
        Assert.Equal(covered.StartedAt!.Value, (await admin.GetLedgerReportAsync("other", TestContext.Current.CancellationToken)).Covered[0].StartedAt);
        Assert.Equal(0, await admin.DropDeadLettersAsync("other", cancellationToken: TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<RecordValidationException>(() => admin.GetBacklogAsync("two words", TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => admin.GetDeadLettersAsync("events", max: 1_001, cancellationToken: TestContext.Current.CancellationToken));
    }

    /// <summary>It was an error: the program did not start, and what would have made room was not delivered.</summary>
    [Fact]
    public void FindErrors_OnAFullDisk_FindsNone_ButAWarning()
    {
        var options = new BacklogOptions { Directory = Folder };

        Assert.Empty(BacklogFolder.FindErrors(options, static _ => throw TroubledDisk.NoRoom()));
        Assert.Equal(
            $"Kpl:Backlog:Directory is '{Folder}': it cannot be written to: No space left on device; what lies there is delivered",
            Assert.Single(BacklogFolder.FindWarnings(options, static _ => throw TroubledDisk.NoRoom())));
        Assert.Single(BacklogFolder.FindErrors(options, static _ => throw new IOException("read-only")));
        Assert.Empty(BacklogFolder.FindWarnings(options, static _ => throw new IOException("read-only")));
    }

    [Theory]
    [InlineData(Open, Open, true)]
    [InlineData(Open, Own, false)]
    [InlineData(Own, Open, false)]
    public void FindWarnings_OfAStreamsFolder_TellsWhetherOthersReachIt(UnixFileMode all, UnixFileMode ofStream, bool warns)
    {
        if (OperatingSystem.IsWindows())
            return; // a folder there has the rights of the one above it
        var stream = Directory.CreateDirectory(Path.Combine(Folder, "events"));
        stream.UnixFileMode = ofStream;
        File.SetUnixFileMode(Folder, all);

        Assert.Equal(warns, BacklogFolder.FindWarnings(new BacklogOptions { Directory = Folder }).Any());
    }

    private void Configure(KplOptions options) =>
        (options.Backlog.Directory, options.DrainTimeout, options.BackoffMax) = (Folder, TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(200));

    private static Task UntilAsync(KplProducer producer, Func<BacklogStatus, bool> isExpected, Func<bool>? isSeen = null) => Waiting.UntilAsync(async () =>
        isExpected(await producer.Backlog.GetBacklogAsync(LocalEndpoint.Stream, TestContext.Current.CancellationToken)) && isSeen?.Invoke() != false);
}
