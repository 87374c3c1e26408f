using Orleans.Kpl.Grains.Links;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Tests.Links;

/// <summary>The other silo, as far as a link shows it: takes down what comes and answers as told.</summary>
internal sealed class FakeLink : ISiloLink
{
    private readonly Lock _lock = new();
    private readonly List<RecordsFrame> _records = [];
    private readonly List<OutcomesFrame> _outcomes = [];

    /// <summary>The answer to the frame of that place.</summary>
    public Func<int, Task<bool>> Answer { get; set; } = static _ => Task.FromResult(true);

    public IReadOnlyList<RecordsFrame> Records
    {
        get
        {
            lock (_lock)
                return [.. _records];
        }
    }

    public IReadOnlyList<OutcomesFrame> Outcomes
    {
        get
        {
            lock (_lock)
                return [.. _outcomes];
        }
    }

    /// <summary>Forgets what came.</summary>
    public void Clear()
    {
        lock (_lock)
            _records.Clear();
    }

    public Task<bool> TakeRecords(RecordsFrame frame)
    {
        int place;
        lock (_lock)
        {
            place = _records.Count;
            _records.Add(frame);
        }

        return Answer(place);
    }

    public Task TakeOutcomes(OutcomesFrame frame)
    {
        lock (_lock)
            _outcomes.Add(frame);
        return Task.CompletedTask;
    }

    public Task Expedite(string stream) => Task.CompletedTask;

    public Task MapChanged(string stream) => Task.CompletedTask;

    public Task AnnounceBoundaries(string stream, UInt128[] hashKeys) => Task.CompletedTask;

    public Task WithdrawBoundaries(string stream, UInt128[] hashKeys) => Task.CompletedTask;

    public Task<SiloLoads> GetLoads(string stream) => Task.FromResult(new SiloLoads());

    public Task Leaving(SiloAddress silo) => Task.CompletedTask;

    public Task Moved(SiloAddress silo) => Task.CompletedTask;

    public Task<SiloLedger> GetBooks(string stream) => Task.FromResult(new SiloLedger());

    public Task BacklogLeft() => Task.CompletedTask;
}
