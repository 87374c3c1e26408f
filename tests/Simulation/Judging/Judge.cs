using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.Replaying;
using Orleans.Kpl.Pipeline.Backlog.Spilling;
using Orleans.Kpl.Simulation.Clients;
using Orleans.Kpl.Simulation.Cluster;

namespace Orleans.Kpl.Simulation.Judging;

/// <summary>What must hold in every history. It knows what callers and the world saw, and nothing of how the product works.</summary>
/// <param name="world">Where it happened.</param>
/// <param name="plan">What was to happen.</param>
/// <param name="callers">What callers put and were told.</param>
/// <param name="hosts">Where processes ran.</param>
/// <param name="contents">What the shards have.</param>
/// <param name="counts">What is allowed and counted.</param>
/// <param name="fronts">Which silo clients gave their records to; null where there are no silos.</param>
internal sealed class Judge(
    World world, Plan plan, Callers callers, IReadOnlyList<ProcessHost> hosts, StreamContents contents, HistoryCounts counts, Fronts? fronts)
{
    /// <summary>
    /// Of a silo's memory limit, one part of so many is for clients' batches before they are accepted, and one for those that it passes on, of which one silo
    /// has half. One batch has room alone.
    /// </summary>
    private const int LanesPart = 8;

    /// <summary>What one call puts is admitted at once where nothing else is in memory, however small the limit.</summary>
    private long LargestPart => plan.LargestBatch * (plan.LargestRecord + 600L);

    /// <summary>
    /// What a stream that has a backlog may have in memory above its limit. Where the store takes nothing, the records that were being spilled come back.
    /// Else it is one step of replay, which finds out whether Kinesis takes records again, lets what waits behind an ordered stream's log go on, or needs
    /// most of a small limit by itself.
    /// </summary>
    private long Allowance => GivenKeys + (plan.Options.HighWaterMode == HighWaterMode.Spill && _storeFails ? SpillGate.MostSpilling + LargestPart
        : plan.Options.HighWaterMode == HighWaterMode.Spill || (plan.Store != StoreKind.None && (plan.IsOrdered || IsSmallForReplay)) ? StepOfReplay : 0);

    private long StepOfReplay => (long)ReplayWindow.Least + LargestPart;

    /// <summary>A step that is less than two fifths of the limit waits for room, as callers do.</summary>
    private bool IsSmallForReplay => plan.Options.MaxOutstandingBytes * 2 / 5 < StepOfReplay;

    /// <summary>A record that was admitted with its 160 bytes may be given a hash key of 16.</summary>
    private long GivenKeys => plan.Options.Routing == RoutingMode.Even ? Math.Max(plan.Options.MaxOutstandingBytes, LargestPart) / 10 : 0;

    /// <summary>
    /// Whether producers can tell where each record went. An answer that their map cannot explain is not believed, nor the others of its call.
    /// </summary>
    private readonly bool _mapIsClear = !plan.Has(
        FaultKind.Reshard, FaultKind.AnnouncedReshard, FaultKind.CreatedAgain, FaultKind.ListingsLag, FaultKind.ListingsStandStill,
        FaultKind.AnnouncementWithdrawn);

    /// <summary>
    /// Whether writes to the backlog may be made after they were given up: then a record that failed is delivered later. A silo that is taken for dead
    /// has its log delivered by another, with the write that it still waits for.
    /// </summary>
    private readonly bool _storeFails = plan.Store != StoreKind.None
        && (plan.Faults.Any(static f => f.Kind is >= FaultKind.StoreFails and <= FaultKind.StoreFull)
            || (plan.Silos > 0 && plan.Has(FaultKind.Freeze, FaultKind.Isolated)));

    private readonly LifetimeCheck _lifetimes = new(world, plan, callers);

    private long _unseen;

    /// <summary>Checks what must hold at every instant. Called when nothing is left to run.</summary>
    public void CheckInstant()
    {
        foreach (var host in hosts)
        {
            if (host.Producer is not null && !host.Process.IsDead)
                CheckInstant(host, host.Ledger);
            if (host is SiloHost { Producer: not null } silo)
                CheckWaiting(silo);
        }

        _lifetimes.CheckInstant();
    }

    /// <summary>Checks what must hold when every record has ended and every producer has drained.</summary>
    public void CheckEnd()
    {
        foreach (var ticket in callers.Tickets)
            CheckEnd(ticket);
        if (plan.IsOrdered)
            new OrderCheck(world, plan, callers, hosts.Count, contents, counts, fronts).Run();
        foreach (var host in hosts)
            CheckEnd(host);
        callers.CheckFlushes();
        counts.IdleClosings = hosts.Sum(static h => h.IdleClosings);
        new CopyCheck(world, plan, callers, hosts, contents, counts).Run();
        UnknownCheck.Run(world, plan, callers, fronts);
        new MetricCheck(world, hosts, callers.Tickets, contents).Run();
    }

    private void CheckWaiting(SiloHost silo)
    {
        var beyond = plan.LargestRecord + 600L > PackedRecordsWriter.DefaultMaxBytes ? plan.LargestRecord + 600L : 0;
        var (share, passedOnBatches, passedOnBytes) = ((silo.Options ?? plan.Options).MaxOutstandingBytes / LanesPart, 0, 0L);
        foreach (var (to, (batches, bytes)) in silo.Current.Waiting)
        {
            var isPassedOn = !to.Equals(silo.Current.Id);
            if (batches > 1 && bytes > (isPassedOn ? share / 2 : share) + beyond)
                world.Violate($"{silo.Process.Name} has {batches} batches of clients for {to} and their {bytes} bytes, which it has not accepted");
            if (isPassedOn)
                (passedOnBatches, passedOnBytes) = (passedOnBatches + batches, passedOnBytes + bytes);
        }

        if (passedOnBatches > 1 && passedOnBytes > share + beyond)
            world.Violate($"{silo.Process.Name} has passed on {passedOnBatches} batches of clients and their {passedOnBytes} bytes, which are not accepted");
    }

    private void CheckInstant(ProcessHost host, StreamLedger ledger)
    {
        var (bytes, records) = host.InMemory;
        var sum = ledger.Delivered + ledger.Failed + ledger.Unknown + ledger.InFlight + ledger.InBacklog + ledger.DeadLettered;
        if (ledger.Accepted != sum || ledger.InFlight < 0 || ledger.InBacklog < 0 || ledger.DeadLettered < 0)
            world.Violate($"the ledger of {host.Process.Name} does not balance: {ledger}");
        if (bytes < 0 || records < 0 || bytes > Math.Max(plan.Options.MaxOutstandingBytes, LargestPart) + Allowance)
            world.Violate($"{host.Process.Name} has {bytes} bytes and {records} records in memory, at most {plan.Options.MaxOutstandingBytes}");
        if (plan.Options.MaxOutstandingRecords is > 0 and var most && Allowance == GivenKeys && plan.Clients == 0
            && records > Math.Max(most, plan.LargestBatch))
            world.Violate($"{host.Process.Name} has {records} records in memory, at most {most}");
        if (records == 0 && host is not SiloHost && plan.Store == StoreKind.None && host.Producer!.OldestRecordAge is { Ticks: > 0 } age)
            world.Violate($"{host.Process.Name} has no record in memory, and its oldest one is {age} old");
    }

    private void CheckEnd(Ticket ticket)
    {
        if (ticket.Host.IsGone(ticket.Life) && ticket.EndedAt is null)
            return;
        _lifetimes.CheckEnd(ticket);
        if (ticket.Outcomes > 1)
            world.Violate($"{ticket} has {ticket.Outcomes} outcomes");
        if (ticket.Refusal is null && ticket.EndedAt is null)
            world.Violate($"{ticket} never ended");
        CheckReason(ticket);
        var copies = contents.CopiesOf(ticket.Number);
        if (plan.AsksForAll && ticket.AcceptedAt is not null)
            CheckReport(ticket, copies);
        if (ticket.Status == RecordStatus.Delivered && !copies.Any(c => contents.IsVisibleOrResidue(c) && At(c) == ticket.At))
            world.Violate($"{ticket} was told delivered at {ticket.At}, where no consumer sees it ({copies.Count} copies)");
        // A record of the backlog that was refused for good is a dead letter, and told so.
        if (ticket.Status == RecordStatus.Persisted && !copies.Any(contents.IsVisibleOrResidue) && ++_unseen > world.DeadLetters)
            world.Violate($"{ticket} was kept durably, and no consumer sees it; {world.DeadLetters} dead letters");
        if (ticket.Status == RecordStatus.Failed && copies.Any(static c => c.IsVisible))
            CheckFailed(ticket, copies);
        if (ticket.Refusal is not null && copies.Count > 0)
            world.Violate($"{ticket} was refused with {ticket.Refusal}, and is in the stream");
        if (ticket.Code is RecordErrorCodes.Dropped or RecordErrorCodes.Canceled && copies.Count > 0)
            world.Violate($"{ticket} was not accepted, and is in the stream");
    }

    /// <summary>
    /// Where nothing went wrong, a record fails only for want of room or time, or because its settings ask for it. And whoever sends itself knows what became
    /// of a record, unless it was cut off.
    /// </summary>
    private void CheckReason(Ticket ticket)
    {
        var mayFail = !plan.IsQuiet || plan.Circumstance == Circumstance.ParentLost || plan.Has(FaultKind.DescribesFail) || plan.Options.MaxAttempts > 0
            || ticket.Code is RecordErrorCodes.Expired or RecordErrorCodes.Dropped or RecordErrorCodes.Canceled
            || ((plan.Options.FailIfThrottled || plan.AsksForAll) && ticket.Code == RecordErrorCodes.Throttled);
        if (ticket.Status is RecordStatus.Failed or RecordStatus.Unknown && !mayFail)
            world.Violate($"{ticket}, where nothing went wrong");
        if (ticket is { Status: RecordStatus.Unknown, Host: ProducerHost } && !plan.Has(FaultKind.Drain))
            world.Violate($"{ticket}, whose producer was not cut off");
    }

    /// <summary>Who does not wait for the end of a record learns of its failure from the event. Its handler is told what its caller is.</summary>
    private void CheckReport(Ticket ticket, IReadOnlyList<Copy> copies)
    {
        var told = ticket.Host.FailureOf(ticket);
        var isLost = told is null && !copies.Any(contents.IsVisibleOrResidue);
        if (ticket.Status == RecordStatus.Accepted && !ticket.Host.IsGone(ticket.Life) && isLost && ++_unseen > world.DeadLetters)
            world.Violate($"{ticket} was accepted, and neither does a consumer see it, nor was its failure told; {world.DeadLetters} dead letters");
        if (ticket.Status is RecordStatus.Failed or RecordStatus.Unknown && told is { } failure
            && (failure.Status, failure.ErrorCode) != (ticket.Status, ticket.Code))
            world.Violate($"{ticket}, but a handler was told {failure}");
        if (ticket.Status == RecordStatus.Delivered && told is not null)
            world.Violate($"{ticket}, but a handler was told {told}");
    }

    /// <summary>A record that failed is in the stream only where its producer could not know, or a write was made after it was given up.</summary>
    private void CheckFailed(Ticket ticket, IReadOnlyList<Copy> copies)
    {
        if (copies.FirstOrDefault(static c => c.IsVisible && c.In.IsAnswered) is not { } stored)
        {
            counts.FailedAndVisible++;
            return;
        }

        counts.FailedThoughAnswered++;
        // A call that comes twice may be taken after its client, or the silo that forwards, was told that there is no memory for it.
        var isDoubled = plan.Has(FaultKind.CallsDoubled)
            && (fronts?.HadNoMemory(ticket.Number) == true || (ticket.Code == RecordErrorCodes.Expired && fronts?.WasNotTaken(ticket.Number) == true));
        if (_mapIsClear && !_storeFails && !isDoubled)
            world.Violate($"{ticket}, but it is in {stored.In.ShardId}, and its producer was told so");
    }

    private void CheckEnd(ProcessHost host)
    {
        var ledger = host.Ledger;
        if (ledger.InFlight != 0)
            world.Violate($"{host.Process.Name} has drained with {ledger.InFlight} records in flight: {ledger}");
        if (host.InMemory.Records != 0 || host.InMemory.Bytes != 0)
            world.Violate($"{host.Process.Name} has drained with {host.InMemory.Records} records and {host.InMemory.Bytes} bytes in memory");
        if (host is SiloHost silo && silo.Current.Node.ForwardedOf(ProducerHost.Stream) != default)
            world.Violate($"{host.Process.Name} has drained, and still holds memory for records of others: {host.Detail}");
        if (host.Segments != 0)
            world.Violate($"{host.Process.Name} has drained, and {host.Segments} segments lie in its backlog: {ledger}");
    }

    private static (string, string, int) At(Copy copy) => (copy.In.ShardId, copy.In.SequenceNumber, copy.Place);
}

/// <summary>
/// The judge of doubt: a client is told that a silo was lost only where one was, where calls were, or where the client was without a gateway for as long
/// as it waits for one; or where a silo may wait for Kinesis longer than the client asks. An answer that went with a gateway tells as little of a record whose
/// silo has no memory for it from then on.
/// </summary>
internal static class UnknownCheck
{
    private static readonly FaultKind[] Losses =
    [
        FaultKind.Kill, FaultKind.PowerLoss, FaultKind.Freeze, FaultKind.Drain, FaultKind.LinkCut, FaultKind.LinkCutOneWay, FaultKind.Isolated,
        FaultKind.CallsLost,
    ];

    /// <summary>Faults in which a silo may wait for the answer to a request until its time-out.</summary>
    private static readonly FaultKind[] Unanswered = [FaultKind.KinesisSilent, FaultKind.KinesisLosesAnswers, FaultKind.KinesisLate];

    /// <summary>So long after its time-to-live a client goes on asking for the end of a record.</summary>
    private static readonly TimeSpan AsksFor = TimeSpan.FromSeconds(10);

    public static void Run(World world, Plan plan, Callers callers, Fronts? fronts)
    {
        if (plan.Options.RequestTimeout > AsksFor && plan.Has(Unanswered))
            return;
        if (plan.Has(Losses) || plan.Faults.Any(static f => f.Kind == FaultKind.GatewaysWrong && f.For > AsksFor))
            return;
        if (callers.Tickets.FirstOrDefault(t => t.Code == RecordErrorCodes.OwnerLost && !MayBeTaken(t)) is { } ticket)
            world.Violate($"{ticket}, and no silo was lost");

        bool MayBeTaken(Ticket ticket) => plan.Has(FaultKind.GatewaysWrong) && fronts is not null && fronts.HadNoMemory(ticket.Number);
    }
}

/// <summary>
/// The judge of metrics: at rest they are the terms of the ledger, after restarts and takeovers too. A log that a process found or took over counts as
/// received, as it counts as accepted. What a silo delivers for another, that one's ledger has, and the metrics of the silo that delivered: their sums are
/// equal unless an outcome was lost on its way. Then there are at least as many, and at most what was delivered.
/// </summary>
internal sealed class MetricCheck(World world, IReadOnlyList<ProcessHost> hosts, IReadOnlyList<Ticket> tickets, StreamContents contents)
{
    public void Run()
    {
        foreach (var host in hosts)
            CheckOwn(host);
        if (hosts.OfType<SiloHost>().ToList() is { Count: > 0 } silos)
            CheckPut(silos);
    }

    private void CheckOwn(ProcessHost host)
    {
        var (ledger, counted) = (host.Ledger, host.Counted[^1]);
        if ((counted.Received, counted.Failed, counted.Unknown) != (ledger.Accepted, ledger.Failed, ledger.Unknown)
            || (host is not SiloHost && counted.Put != ledger.Delivered))
            world.Violate($"the metrics of {host.Process.Name} tell {counted}, its ledger {ledger}");
    }

    private void CheckPut(List<SiloHost> silos)
    {
        var delivered = silos.Sum(static s => s.Lives.Sum(static l => l.Node.Producer.ReadLedger().Delivered));
        var put = silos.Sum(static s => s.Counted.Sum(static c => c.Put));
        var told = tickets.Sum(t => contents.CopiesOf(t.Number).Count(c => contents.IsVisibleOrResidue(c) && (c.In.IsAnswered || c.In.IsRelayed)));
        if (put < delivered || put > told)
            world.Violate($"the metrics of the silos tell of {put} records put, their ledgers of {delivered}, and they were told of {told}");
    }
}
