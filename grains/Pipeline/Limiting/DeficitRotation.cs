namespace Orleans.Kpl.Pipeline.Limiting;

/// <summary>What takes turns in a <see cref="DeficitRotation{TFlow}"/>.</summary>
internal abstract class DeficitFlow
{
    /// <summary>What it may still take in this turn.</summary>
    public long Deficit { get; set; }

    /// <summary>Whether it has got what a turn brings.</summary>
    public bool HasTurn { get; set; }
}

/// <summary>Gives turns: whoever has one may take a quantum, and what is left of it stays for the next.</summary>
/// <typeparam name="TFlow">What takes turns; each of them always has something that waits.</typeparam>
internal sealed class DeficitRotation<TFlow>
    where TFlow : DeficitFlow
{
    private readonly LinkedList<TFlow> _flows = [];

    public void Add(TFlow flow) => _flows.AddLast(flow);

    public void Remove(TFlow flow) => _flows.Remove(flow);

    /// <summary>Returns whose turn it is; null where there is nobody. Asked again before anybody took anything, it returns the same one.</summary>
    /// <param name="quantum">What a turn brings: no less than the largest that waits, so that each turn serves somebody.</param>
    /// <param name="sizeOf">What the first that waits will take.</param>
    public TFlow? Next(long quantum, Func<TFlow, long> sizeOf)
    {
        while (_flows.First is { } node)
        {
            var flow = node.Value;
            if (!flow.HasTurn)
            {
                flow.HasTurn = true;
                flow.Deficit += quantum;
            }

            if (sizeOf(flow) <= flow.Deficit)
                return flow;
            flow.HasTurn = false;
            _flows.RemoveFirst();
            _flows.AddLast(node);
        }

        return null;
    }
}
