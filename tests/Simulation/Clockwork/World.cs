using Orleans.Kpl.Simulation.Judging;

namespace Orleans.Kpl.Simulation.Clockwork;

/// <summary>
/// One simulated world: its time, what is going to happen in it, and its dice. Everything runs on one thread; the next event happens only when
/// the one before has had all its consequences.
/// </summary>
internal sealed class World(int seed, Action<string>? trace = null) : IDisposable
{
    /// <summary>Fewer cancelled events are not worth a walk through all.</summary>
    private const int FewCancelled = 1_000;

    private readonly PriorityQueue<WorldEvent, (long Due, long Order)> _events = new();
    private readonly List<CountedTerms> _meters = [];
    private long _order;
    private int _cancelled;

    /// <summary>The dice for everything that happens while the world runs. A plan has dice of its own.</summary>
    public Random Dice { get; } = new(seed ^ 0x5eed);

    /// <summary>Simulated ticks of 100 ns since the world began.</summary>
    public long Now { get; private set; }

    /// <summary>Events that have happened.</summary>
    public long Steps { get; private set; }

    /// <summary>What was found wrong. Only the first one is reported: others mostly follow from it.</summary>
    public List<string> Violations { get; } = [];

    /// <summary>Records that were set aside for an operator, counted when they were handed over.</summary>
    public long DeadLetters { get; set; }

    /// <summary>Whether work goes on for ever while time stands still.</summary>
    public bool Spins { get; set; }

    /// <summary>Whether <see cref="Say"/> is read by anybody.</summary>
    public bool IsTracing { get; } = trace is not null && (IsAnyTraced = true);

    /// <summary>Whether a world of this process was traced.</summary>
    public static bool IsAnyTraced { get; private set; }

    /// <summary>Whether timestamps of each process are its own: in nanoseconds, as on Linux, since an instant that no other process knows.</summary>
    public bool HasOwnTimestamps { get; init; }

    /// <summary>Called after each event, when nothing is left to run.</summary>
    public Action Inspect { get; set; } = static () => { };

    /// <summary>Once this is so, the history is over.</summary>
    public Func<bool> IsOver { get; set; } = static () => false;

    /// <summary>Has something happen at an instant. Events of one instant happen in an order that the dice decide.</summary>
    /// <param name="due">The instant.</param>
    /// <param name="what">What happens.</param>
    /// <param name="process">Where it happens: not at all once that process is dead, and later while it is frozen.</param>
    public WorldEvent At(long due, Action what, SimulatedProcess? process = null)
    {
        var happening = new WorldEvent(this, what, process);
        _events.Enqueue(happening, (Math.Max(due, Now), ((long)Dice.Next() << 31) + ++_order));
        return happening;
    }

    /// <inheritdoc cref="At"/>
    public WorldEvent After(TimeSpan wait, Action what, SimulatedProcess? process = null) => At(Now + wait.Ticks, what, process);

    /// <summary>Completes after a time.</summary>
    public Task WaitAsync(TimeSpan wait)
    {
        var over = new TaskCompletionSource();
        After(wait, over.SetResult);
        return over.Task;
    }

    /// <summary>Draws a time up to that one.</summary>
    public TimeSpan Upto(TimeSpan most) => TimeSpan.FromTicks(Dice.NextInt64(most.Ticks + 1));

    /// <summary>Whether something of this probability happens now.</summary>
    public bool Happens(double probability) => Dice.NextDouble() < probability;

    /// <summary>Lets the next event happen. False where there is none, or the history is over.</summary>
    public bool Step()
    {
        Inspect();
        if (Violations.Count > 0 || IsOver())
            return false;
        while (_events.TryDequeue(out var next, out var priority))
        {
            next.IsQueued = false;
            if (next.IsCancelled)
                _cancelled--;
            if (next.IsCancelled || next.Process is { IsDead: true })
                continue;
            Now = Math.Max(Now, priority.Due);
            if (next.Process is { IsFrozen: true } frozen)
            {
                frozen.Waiting.Add(next);
                continue;
            }

            Steps++;
            Run(next);
            return true;
        }

        return false;
    }

    /// <summary>An event that waits was cancelled. Once most were, they are taken out: a long queue is slow, and most timers are cancelled.</summary>
    public void NoteCancelled()
    {
        if (++_cancelled < FewCancelled || _cancelled < _events.Count / 2)
            return;
        var left = _events.UnorderedItems.Where(static e => !e.Element.IsCancelled).ToArray();
        _events.Clear();
        _events.EnqueueRange(left);
        _cancelled = 0;
    }

    public void Violate(string what)
    {
        Violations.Add(what);
        Say("world", $"VIOLATION: {what}");
    }

    /// <summary>Writes a line of the trace. Callers ask <see cref="IsTracing"/> first, so that untraced histories format nothing.</summary>
    public void Say(string where, string what) =>
        trace?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{TimeSpan.FromTicks(Now).TotalSeconds,12:F6} {where,-10} {what}"));

    /// <summary>
    /// Makes the meter of one more process, which may be lost without ending it. It ends with the world: a meter that is not disposed stays with the runtime,
    /// and so does what its gauges read.
    /// </summary>
    public CountedTerms NewMeter()
    {
        _meters.Add(new CountedTerms());
        return _meters[^1];
    }

    public void Dispose() => _meters.ForEach(static m => m.Dispose());

    private void Run(WorldEvent next)
    {
        try
        {
            next.Happen();
        }
        catch (Exception e)
        {
            // In a real process nobody catches this.
            Violate($"an exception ended the process: {e}");
        }
    }
}

/// <summary>Something that is going to happen.</summary>
/// <param name="world">Where it waits for its instant.</param>
/// <param name="what">What happens.</param>
/// <param name="process">Where; null where no process is needed for it.</param>
internal sealed class WorldEvent(World world, Action what, SimulatedProcess? process)
{
    private Action? _what = what;

    public SimulatedProcess? Process => process;

    /// <summary>Whether it waits among the events of the world.</summary>
    public bool IsQueued { get; set; } = true;

    public bool IsCancelled => _what is null;

    /// <summary>Has it happen; nothing happens where it was cancelled.</summary>
    public void Happen() => _what?.Invoke();

    /// <summary>It will not happen, and lets go of all that it would have needed.</summary>
    public void Cancel()
    {
        if (_what is null)
            return;
        _what = null;
        if (IsQueued)
            world.NoteCancelled();
    }
}

/// <summary>Ids that are never used twice in a history, and are its own each time that it is told.</summary>
internal sealed class SeededIds(int seed)
{
    private readonly Random _random = new(seed);

    public Guid Next()
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.NextBytes(bytes);
        return new Guid(bytes);
    }
}
