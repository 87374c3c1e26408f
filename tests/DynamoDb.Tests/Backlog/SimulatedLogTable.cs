using Orleans.Kpl.DynamoDb.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.DynamoDb.Tests.Backlog;

/// <summary>A table whose calls happen one at a time, in an order that a seed gives; some are lost, before or after they were made.</summary>
internal sealed class SimulatedLogTable(Random random) : ILogTable
{
    private const int Lists = 3;

    private readonly Dictionary<string, LogHead> _heads = [];
    private readonly Dictionary<(string Log, long Number), LogItem> _items = [];
    private readonly List<Action> _waiting = [];

    /// <summary>How many of a hundred calls are lost.</summary>
    public int LostPercent { get; set; }

    /// <summary>Whether the write of an item is lost before it is made.</summary>
    public Func<LogItem, bool> Loses { get; set; } = static _ => false;

    /// <summary>How often a segment was given a new time.</summary>
    public int Renewals { get; private set; }

    public double WriteUnits => 0;

    public IEnumerable<LogItem> ItemsOf(string log) => _items.Where(i => i.Key.Log == log).Select(i => i.Value);

    /// <summary>Deletes what has expired, as DynamoDB does in its own time.</summary>
    public void Expire(DateTimeOffset now)
    {
        foreach (var (key, _) in _items.Where(i => i.Value.ExpiresAt <= now).ToList())
            _items.Remove(key);
    }

    /// <summary>Lets one of the calls that wait happen.</summary>
    /// <returns>False where none waits.</returns>
    public bool Step()
    {
        if (_waiting.Count == 0)
            return false;
        var index = random.Next(_waiting.Count);
        var call = _waiting[index];
        _waiting.RemoveAt(index);
        call();
        return true;
    }

    /// <summary>Lets calls happen until none waits.</summary>
    public void StepAll()
    {
        while (Step())
        {
        }
    }

    /// <summary>Lets all calls happen that something needs, and returns it.</summary>
    public TTask RunAsync<TTask>(TTask task)
        where TTask : Task
    {
        StepAll();
        return task;
    }

    public Task<LogHead> TakeAsync(string log, CancellationToken cancellationToken) => Call(() =>
    {
        var head = _heads.GetValueOrDefault(log) ?? new LogHead(0, 1, 1, default);
        return _heads[log] = head with { Epoch = head.Epoch + 1, Saves = 0 };
    });

    public Task<bool> SaveHeadAsync(string log, LogHead head, CancellationToken cancellationToken) => Call(() =>
    {
        if (_heads[log].Epoch != head.Epoch || _heads[log].Saves > head.Saves)
            return false;
        _heads[log] = head;
        return true;
    });

    public Task<bool> ExpireHeadAsync(string log, long epoch, DateTimeOffset at, CancellationToken cancellationToken) =>
        Call(() => _heads.GetValueOrDefault(log)?.Epoch == epoch);

    public async Task<LogHeight> HighestAsync(string log, long from, CancellationToken cancellationToken) =>
        LogHeight.Of(await Task.WhenAll(Enumerable.Range(0, Lists).Select(i => Call(() =>
        {
            var there = ItemsOf(log).Where(n => n.Number % Lists == i && n.Number >= from).ToList();
            return new LogHeight(Highest(there), Highest(there.Where(n => n.IsWritten)));
        }))).ConfigureAwait(false));

    private static long Highest(IEnumerable<LogItem> items) => items.Select(n => n.Number).DefaultIfEmpty(0).Max();

    public async Task<IReadOnlyList<LogItem>> ListAsync(string log, long from, CancellationToken cancellationToken)
    {
        var lists = await Task.WhenAll(
            Enumerable.Range(0, Lists).Select(i => Call(() => ItemsOf(log).Where(n => n.Number % Lists == i && n.Number >= from).ToList())))
            .ConfigureAwait(false);
        return [.. lists.SelectMany(l => l)];
    }

    public Task<LogItem?> PutIfAbsentAsync(string log, LogItem item, CancellationToken cancellationToken) => Call(() =>
    {
        if (Loses(item))
            throw new BacklogStoreException("the call was lost");
        if (_items.TryGetValue((log, item.Number), out var there))
            return there;
        _items[(log, item.Number)] = item;
        return null;
    });

    public Task PutAsync(string log, LogItem item, CancellationToken cancellationToken) => Call(() =>
    {
        if (Loses(item))
            throw new BacklogStoreException("the call was lost");
        return _items[(log, item.Number)] = item;
    });

    public Task ExpireAsync(string log, long number, DateTimeOffset at, CancellationToken cancellationToken) => Call(() =>
    {
        Renewals++;
        if (_items.TryGetValue((log, number), out var there) && there.IsSegment)
            _items[(log, number)] = there with { ExpiresAt = at };
        return true;
    });

    public Task<LogItem?> GetAsync(string log, long number, CancellationToken cancellationToken) => Call(() => _items.GetValueOrDefault((log, number)));

    public Task DeleteAsync(string log, IReadOnlyList<long> numbers, CancellationToken cancellationToken) =>
        Call(() => numbers.Count(n => _items.Remove((log, n))));

    private Task<T> Call<T>(Func<T> call)
    {
        // What waits for it goes on at once, on this thread: so that a seed gives one order.
        var answer = new TaskCompletionSource<T>();
        _waiting.Add(() =>
        {
            try
            {
                var isAnswered = random.Next(100) >= LostPercent;
                var result = isAnswered || random.Next(2) == 0 ? call() : default;
                if (!isAnswered)
                    throw new BacklogStoreException("the answer was lost");
                answer.SetResult(result!);
            }
            catch (BacklogStoreException e)
            {
                answer.SetException(e);
            }
        });
        return answer.Task;
    }
}
