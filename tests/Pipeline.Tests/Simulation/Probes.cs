using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Tests.Simulation;

/// <summary>Keeps the results that it is told, and how they were counted out.</summary>
internal sealed class ProbeSink(in AcceptanceTerms terms) : OutcomeSink(terms)
{
    private readonly Dictionary<int, RecordResult> _results = [];

    public IReadOnlyDictionary<int, RecordResult> Results => _results;

    /// <summary>The only result there is.</summary>
    public RecordResult Result => _results.Single().Value;

    /// <summary>How many records were counted out each time.</summary>
    public List<int> Runs { get; } = [];

    /// <summary>Called as records are counted out, in place of their caller's code.</summary>
    public Action OnEnded { get; set; } = static () => { };

    public override void SetResult(int index, in RecordResult result) => _results.Add(index, result);

    public override void Complete(int count)
    {
        Runs.Add(count);
        OnEnded();
    }
}

/// <summary>The sink of records that another process accepted; it notes which of them it is given back.</summary>
internal sealed class ProbeForwardedSink(in AcceptanceTerms terms) : ForwardedSink(terms)
{
    public List<int> GivenBack { get; } = [];

    public override long ChargeElsewhere(int index) => 0;

    public override bool TryGiveBack(int index, Attempt[] attempts)
    {
        GivenBack.Add(index);
        return true;
    }

    public override void SetResult(int index, in RecordResult result)
    {
    }

    public override void Complete(int count)
    {
    }
}
