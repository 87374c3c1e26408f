namespace Orleans.Kpl.Simulation.Judging;

/// <summary>What is allowed in a history, within bounds, and therefore counted.</summary>
internal sealed class HistoryCounts
{
    /// <summary>Copies beyond the first of a record that consumers see.</summary>
    public long Duplicates { get; set; }

    /// <summary>Those of them whose writer had no answer to another copy: that one could not know.</summary>
    public long AfterLostAnswers { get; set; }

    /// <summary>Those of them that were put again although an answer had come, since the process that had it was gone.</summary>
    public long AfterProcesses { get; set; }

    /// <summary>Those of them that were put again since the shard map could not explain the answer.</summary>
    public long AfterReshards { get; set; }

    /// <summary>Those of them that were put again since a store or a silo did not say that they were there.</summary>
    public long AfterSilence { get; set; }

    /// <summary>Records that were told failed, and that consumers see: no answer told that they are there.</summary>
    public long FailedAndVisible { get; set; }

    /// <summary>Records that were told failed though an answer told that they are there: no map explained it, or it came in a later process.</summary>
    public long FailedThoughAnswered { get; set; }

    /// <summary>Copies of ordered records that come behind a newer record of their key: the declared residue.</summary>
    public long OrderedResidue { get; set; }

    /// <summary>Requests of former owners of ordered shards that were under way when the next owner began: the declared residue.</summary>
    public long LateRequests { get; set; }

    /// <summary>How often a stream closed because it was idle, in the last process of each producer and client and in every silo.</summary>
    public long IdleClosings { get; set; }

    public void Add(HistoryCounts other)
    {
        Duplicates += other.Duplicates;
        AfterLostAnswers += other.AfterLostAnswers;
        AfterProcesses += other.AfterProcesses;
        AfterReshards += other.AfterReshards;
        AfterSilence += other.AfterSilence;
        FailedAndVisible += other.FailedAndVisible;
        FailedThoughAnswered += other.FailedThoughAnswered;
        OrderedResidue += other.OrderedResidue;
        LateRequests += other.LateRequests;
        IdleClosings += other.IdleClosings;
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Duplicates} duplicates ({AfterLostAnswers} of lost answers, {AfterProcesses} of lost processes, {AfterReshards} of reshards, "
        + $"{AfterSilence} of silence), {FailedAndVisible} failed and visible, "
        + $"{FailedThoughAnswered} failed though answered, {OrderedResidue} behind newer ones, {LateRequests} late requests, {IdleClosings} closings of idle streams");
}
