using System.Diagnostics;
using System.Globalization;
using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;

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
    private long _sent;

    public BenchRun(CliHost host, StatusLine status, IBatchTarget target, BenchArguments arguments)
    {
        (_host, _arguments) = (host, arguments);
        _failures = new FailurePrinter(status);
        _tally = new BenchTally(host.Time, _failures);
        _sender = new BatchSender(target, new InFlightWindow(host.Time), host.Time, _tally.Count);
        _load = new BenchLoad(arguments.Size, arguments.Via is BenchVia.Http);
    }

    /// <summary>The reason why the run could not continue; null if it could.</summary>
    public CliException? Broken => _sender.Broken;

    /// <summary>The number of records that have no outcome yet.</summary>
    public long UnderWay => Volatile.Read(ref _sent) - _tally.Delivered - _failures.Count;

    /// <summary>The failures so far, by code.</summary>
    public string FailuresByCode => _failures.ByCode();

    /// <summary>Says how far the run has come.</summary>
    /// <param name="how">How it ended, such as <c>interrupted</c>.</param>
    public string Describe(string how) => string.Create(
        CultureInfo.InvariantCulture,
        $"kpl: {how} after {Volatile.Read(ref _sent):N0} of {Quantity.Of(_arguments.Records, "record")}; {_tally.Delivered:N0} delivered");

    public ProgressReading Read()
    {
        var (delivered, failed) = (_tally.Delivered, _failures.Count);
        return new ProgressReading(delivered, failed, delivered + failed, _arguments.Records);
    }

    /// <summary>Puts the records until all are put or the run is stopped, and waits for every record's outcome.</summary>
    public async Task<BenchResult> RunAsync()
    {
        var cpu = CpuTime();
        var start = _host.Time.GetTimestamp();
        while (_sent < _arguments.Records && Broken is null && !_host.Stop.IsCancellationRequested)
        {
            var batch = _sender.Rent();
            while (_sent < _arguments.Records && !batch.IsFull)
            {
                _load.Add(batch, _sent + 1);
                Volatile.Write(ref _sent, _sent + 1);
            }

            await _sender.SendAsync(batch).ConfigureAwait(false);
        }

        await _sender.DrainAsync().ConfigureAwait(false);
        return new BenchResult(
            _arguments.Via, _sent, _failures.Count, _host.Time.GetElapsedTime(start).TotalSeconds, (CpuTime() - cpu).TotalSeconds, _arguments.Size, _tally);
    }

    private static TimeSpan CpuTime()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }
}
