using System.Runtime;
using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Bench;

/// <summary>Puts the records of one bench and measures them.</summary>
internal sealed class BenchRun
{
    private readonly CliHost _host;
    private readonly BenchArguments _arguments;
    private readonly FailurePrinter _failures;
    private readonly BenchTally _tally;
    private readonly BatchSender _sender;
    private readonly BenchLoad _load;
    private readonly PauseWatch _pauses = new();
    private DateTimeOffset _measuredFrom;
    private bool _isWarm;
    private RunInstant _measured;
    private long _sent;
    private long _loadTime;

    public BenchRun(CliHost host, StatusLine status, IBatchTarget target, BenchArguments arguments)
    {
        (_host, _arguments) = (host, arguments);
        _failures = new FailurePrinter(status);
        _tally = new BenchTally(host.Time, _failures, isAlone: arguments.Via is BenchVia.Embedded);
        _sender = new BatchSender(target, new InFlightWindow(host.Time, largest: arguments.InFlight), host.Time, _tally.Count);
        _load = new BenchLoad(arguments.Size, arguments.Via is BenchVia.Http, arguments.Records);
    }

    /// <summary>The reason why the run could not continue; null if it could.</summary>
    public CliException? Broken => _sender.Broken;

    /// <summary>The number of records that have no outcome yet.</summary>
    public long UnderWay => Volatile.Read(ref _sent) - _tally.Delivered - _failures.Count;

    /// <summary>The failures so far, by code.</summary>
    public string FailuresByCode => _failures.ByCode();

    /// <summary>Says how far the run has come.</summary>
    /// <param name="how">How it ended, such as <c>interrupted</c>.</param>
    public string Describe(string how) =>
        $"kpl: {how} after {Volatile.Read(ref _sent):N0} of {Quantity.Of(_arguments.Records, "record")}; {_tally.Delivered:N0} delivered";

    public ProgressReading Read()
    {
        var (delivered, failed) = (_tally.Delivered, _failures.Count);
        return new ProgressReading(delivered, failed, delivered + failed, _arguments.Records);
    }

    /// <summary>Puts the records until all are put or the run is stopped, and waits for every record's outcome.</summary>
    public async Task<BenchResult> RunAsync()
    {
        (_measuredFrom, _measured) = (_host.Time.GetUtcNow() + TimeSpan.FromSeconds(_arguments.WarmUp), Look());
        _tally.CountsFrom = _measuredFrom;
        // Without a warm-up the time of the first put counts too.
        _isWarm = _arguments.WarmUp == 0;
        if (_arguments.Rate is { } rate)
            await PaceAsync(rate).ConfigureAwait(false);
        while (_sent < _arguments.Records && !IsOver)
            await SendAsync(_arguments.Records).ConfigureAwait(false);

        await _sender.DrainAsync().ConfigureAwait(false);
        var end = Look();
        var cpu = end.Cpu - _measured.Cpu;
        return new BenchResult(
            _arguments.Via, _sent, _failures.Count, _host.Time.GetElapsedTime(_measured.At, end.At).TotalSeconds, cpu.TotalSeconds,
            end.Ended - _measured.Ended, _arguments.Size, _tally)
        {
            LongestPause = _arguments.Rate is null ? null : _pauses.Longest,
            CpuShares = BenchResult.SharesOf(cpu, end.Own - _measured.Own, end.Compiled - _measured.Compiled),
        };
    }

    private bool IsOver => Broken is not null || _host.Stop.IsCancellationRequested;

    /// <summary>
    /// Puts in each millisecond what is due in it. Latencies count from the instant a record was due: one that was put late because others held it up
    /// has waited since then.
    /// </summary>
    private async Task PaceAsync(long rate)
    {
        var (start, startedAt) = (_host.Time.GetTimestamp(), _host.Time.GetUtcNow());
        for (var millisecond = 0L; _sent < _arguments.Records && !IsOver; millisecond++)
        {
            var due = TimeSpan.FromMilliseconds(millisecond);
            if (due - _host.Time.GetElapsedTime(start) is var wait && wait > TimeSpan.Zero)
                await Task.Delay(wait, _host.Time, _host.Stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _pauses.Look();
            var until = Math.Min(_arguments.Records, (long)((millisecond + 1) * (rate / 1000.0)));
            while (_sent < until && !IsOver)
                await SendAsync(until, startedAt + due).ConfigureAwait(false);
        }
    }

    /// <summary>Puts a batch: as many records as fit, up to a number of all.</summary>
    private async Task SendAsync(long until, DateTimeOffset? due = null)
    {
        var began = ThreadClock.Now;
        var batch = _sender.Rent();
        Volatile.Write(ref _sent, _sent + _load.Fill(batch, _sent, until));
        _loadTime += ThreadClock.Now - began;
        await _sender.SendAsync(batch, due).ConfigureAwait(false);
        if (_isWarm || _host.Time.GetUtcNow() < _measuredFrom)
            return;
        _isWarm = true;
        _measured = Look();
    }

    private RunInstant Look() => new(
        _host.Time.GetTimestamp(),
        Environment.CpuUsage.TotalTime,
        JitInfo.GetCompilationTime(),
        _sender.OwnTime + _loadTime,
        _tally.Delivered + _failures.Count);

    /// <summary>
    /// An instant of the run: the time, the processor time so far, how much of it was the compiler's and how much the bench's own, and the records that
    /// have outcomes.
    /// </summary>
    private readonly record struct RunInstant(long At, TimeSpan Cpu, TimeSpan Compiled, long Own, long Ended);
}

/// <summary>The longest time for which the garbage collector stopped this process, among the collections that were looked at.</summary>
internal sealed class PauseWatch
{
    private int _collections = Collections;

    public TimeSpan Longest { get; private set; }

    private static int Collections => GC.CollectionCount(0);

    /// <summary>Looks at the latest collection. Those between two looks are missed, so look often.</summary>
    public void Look()
    {
        if (Collections == _collections)
            return;
        _collections = Collections;
        foreach (var pause in GC.GetGCMemoryInfo(GCKind.Any).PauseDurations)
        {
            if (pause > Longest)
                Longest = pause;
        }
    }
}
