using Orleans.Kpl.Bytes;
using Orleans.Kpl.Certificates;

namespace Orleans.Kpl.Abstractions.Tests.Certificates;

/// <remarks>Tests <see cref="TlsStore"/>.</remarks>
public sealed class TlsStoreTests : IDisposable
{
    private readonly TestAuthority _root = new();
    private readonly DeployedFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private readonly Told _told = new();

    [Fact]
    public async Task Change_IsInForceWithinTwoSeconds()
    {
        await using var store = Open(_root.Issue("before"));
        _folder.Write("own", _root.Issue("after"));
        _told.Next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _time.Advance(FileWatch.Interval);
        await _told.Next.Task.WaitAsync(Waiting.Long, TestContext.Current.CancellationToken);
        Assert.Equal("CN=after", store.Current.Own.Certificate.Subject);
        Assert.True(FileWatch.Interval <= TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Change_ThatCannotBeUsed_LeavesTheLastInForce_IsToldOnce_AndIsTriedAgain()
    {
        await using var store = Open(_root.Issue("before"));
        var before = store.Current;
        _folder.Write("own", _root.Issue(FakeTimeProvider.Start.AddMinutes(1), FakeTimeProvider.Start.AddYears(1), "after"));
        store.Refresh();
        store.Refresh();
        Assert.Same(before, store.Current);
        Assert.Contains("whose time begins at", Assert.Single(_told.Refusals), StringComparison.Ordinal);

        // The file is what it was; only time has passed.
        _time.Jump(TimeSpan.FromMinutes(2));
        store.Refresh();
        Assert.Equal("CN=after", store.Current.Own.Certificate.Subject);
        Assert.Equal(2, _told.Taken.Count);

        File.Delete(_folder.PathOf("own"));
        store.Refresh();
        Assert.Equal("CN=after", store.Current.Own.Certificate.Subject);
        Assert.Equal(2, _told.Refusals.Count);
    }

    [Fact]
    public async Task Look_ThatWasHeldUpBehindALaterOne_DoesNotPutTheFormerCertificateBackIntoForce()
    {
        var files = new TlsFiles { Section = "Kpl:Http", CertificateFile = _folder.Write("own", _root.Issue("before")) };
        using var hasRead = new ManualResetEventSlim();
        using var mayGoOn = new ManualResetEventSlim();
        var isHeldUp = false;
        await using var store = TlsStore.Open(files, _time, _told, (now, inForce) =>
        {
            var reading = files.Read(now, inForce);
            if (Volatile.Read(ref isHeldUp) && reading.State!.Own.Certificate.Subject == "CN=before")
            {
                hasRead.Set();
                Assert.True(mayGoOn.Wait(Waiting.Long));
            }

            return reading;
        });
        Volatile.Write(ref isHeldUp, true);
        var first = Task.Run(store.Refresh, TestContext.Current.CancellationToken);
        Assert.True(hasRead.Wait(Waiting.Long, TestContext.Current.CancellationToken));

        _folder.Write("own", _root.Issue("after"));
        var second = new Thread(store.Refresh);
        second.Start();
        // It has either looked, or waits for the first one.
        await Waiting.UntilAsync(() => (second.ThreadState & (ThreadState.WaitSleepJoin | ThreadState.Stopped)) != 0);
        mayGoOn.Set();
        await first;
        Assert.True(second.Join(Waiting.Long));

        Assert.Equal("CN=after", store.Current.Own.Certificate.Subject);
        Assert.Equal(2, _told.Taken.Count);
    }

    [Fact]
    public async Task End_IsToldAWeekBefore_AndOnceADay()
    {
        await using var store = Open(_root.Issue(FakeTimeProvider.Start.AddDays(-1), FakeTimeProvider.Start.AddDays(8), "own"));
        store.Refresh();
        Assert.Equal(0, _told.Ends);
        _time.Jump(TimeSpan.FromDays(2));
        store.Refresh();
        store.Refresh();
        Assert.Equal(1, _told.Ends);
        _time.Jump(TimeSpan.FromDays(1));
        store.Refresh();
        Assert.Equal(2, _told.Ends);
        // Its end makes no changed file of it, which could not be used.
        _time.Jump(TimeSpan.FromDays(6));
        store.Refresh();
        Assert.Equal(3, _told.Ends);
        Assert.Empty(_told.Refusals);
        // Files that are what they were are taken once.
        Assert.Single(_told.Taken);
    }

    [Fact]
    public void Open_WithErrors_ListsThem() =>
        Assert.Single(Assert.Throws<KplOptionsException>(() => Open("nothing")).Errors);

    [PosixFact]
    public async Task Open_AKeyThatEverybodyMayRead_IsToldOf()
    {
        var path = _folder.Write("own", _root.Issue("own"));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        await using var store = TlsStore.Open(new TlsFiles { Section = "Kpl:Http", CertificateFile = path }, _time, _told);
        Assert.Equal([path], _told.OpenKeys);
    }

    public void Dispose()
    {
        _root.Dispose();
        _folder.Dispose();
    }

    private TlsStore Open(string pem) => TlsStore.Open(new TlsFiles { Section = "Kpl:Http", CertificateFile = _folder.Write("own", pem) }, _time, _told);

    private sealed class Told : ITlsEvents
    {
        public List<string> Taken { get; } = [];

        public List<string> Refusals { get; } = [];

        public List<string> OpenKeys { get; } = [];

        public int Ends { get; private set; }

        public TaskCompletionSource? Next { get; set; }

        void ITlsEvents.Taken(TlsState state)
        {
            Taken.Add(state.ToString());
            Next?.TrySetResult();
        }

        public void Refused(string errors) => Refusals.Add(errors);

        public void NearEnd(string file, DateTimeOffset end) => Ends++;

        public void KeyOpen(string file) => OpenKeys.Add(file);
    }
}
