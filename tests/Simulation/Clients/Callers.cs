using System.Buffers.Binary;

namespace Orleans.Kpl.Simulation.Clients;

/// <summary>Puts records, and notes what becomes of each.</summary>
internal sealed class Callers(World world, Plan plan, IReadOnlyList<ProcessHost> hosts)
{
    private const int PutsOfAFlush = 8;

    private readonly List<Ticket> _tickets = [];
    private readonly HashSet<(ProcessHost Host, int Life, long At)> _flushes = [];

    public IReadOnlyList<Ticket> Tickets => _tickets;

    /// <summary>Planted: every so many outcomes are told twice; 0 for none.</summary>
    public int DoublesEvery { get; set; }

    /// <summary>Planted: flushes end at once.</summary>
    public bool EndsFlushes { get; set; }

    private int _told;

    /// <summary>Has all puts of the plan happen.</summary>
    public void Begin()
    {
        for (var i = 0; i < plan.Puts; i++)
        {
            var host = hosts[world.Dice.Next(hosts.Count)];
            var at = world.Upto(plan.LoadTime);
            world.After(at < plan.LoadTime / 2 ? at : at + plan.Pause, () => Put(host));
        }

        for (var i = plan.AsksForAll ? plan.Puts / PutsOfAFlush : 0; i > 0; i--)
        {
            var host = hosts[world.Dice.Next(hosts.Count)];
            world.After(world.Upto(plan.LoadTime + plan.Pause), () => _ = FlushAsync(host));
        }
    }

    private void Put(ProcessHost host)
    {
        // Callers live in the process: they do nothing where it is frozen.
        if (!host.IsRunning || host.Process.IsFrozen)
            return;
        var options = plan.AsksForAll ? WithMore(DrawOptions(), host) : DrawOptions();
        var count = plan.LargestBatch == 1 ? 1 : world.Dice.Next(1, plan.LargestBatch + 1);
        var records = new UserRecord[count];
        var tickets = new Ticket[count];
        for (var i = 0; i < count; i++)
            (records[i], tickets[i]) = NewRecord(host, options);
        if (world.IsTracing)
            world.Say(host.Process.Name, $"puts records {tickets[0].Number} to {tickets[^1].Number} {options}");
        var cancellation = world.Happens(0.05) ? new CancellationTokenSource() : null;
        if (cancellation is not null)
            world.After(world.Upto(TimeSpan.FromSeconds(1)), cancellation.Cancel, host.Process);
        _ = count == 1 && world.Happens(0.7)
            ? PutOneAsync(host, records[0], tickets[0], options, cancellation?.Token ?? default)
            : PutBatchAsync(host, records, tickets, options, cancellation?.Token ?? default);
    }

    private PutOptions? DrawOptions() => world.Dice.Next(6) switch
    {
        0 => PutOptions.WithoutLinger,
        1 => new PutOptions { TimeToLive = TimeSpan.FromMilliseconds(world.Dice.Next(100, 5_000)) },
        2 when plan.Store != StoreKind.None => new PutOptions { AckLevel = (AckLevel)world.Dice.Next(3) },
        _ => null,
    };

    /// <summary>How long a put waits, and for whom, does not travel: clients cannot ask for it.</summary>
    private PutOptions WithMore(PutOptions? options, ProcessHost host) => (options ?? new PutOptions()) with
    {
        AcceptTimeout = host is not ClusterClientHost && world.Happens(0.2) ? world.Upto(TimeSpan.FromSeconds(3)) : null,
        Identity = host is not ClusterClientHost && world.Happens(0.2) ? $"caller-{world.Dice.Next(3)}" : null,
        // Where listings stand still, an ordered stream seeks one Kinesis record after the other, and those alone are as many as their user records.
        Alone = !plan.IsQuiet && world.Happens(0.1) && plan.Circumstance != Circumstance.AnnouncementWithdrawn,
        // Such a put waits behind a backlog for its time-to-live, and fails then: where too much is put, too many do.
        NeverSpills = !plan.AsksTooMuch && world.Happens(0.1),
    };

    private string DrawName() =>
        plan.ByArn > 0 && world.Happens(plan.ByArn) ? KinesisService.ArnPrefix + ProducerHost.Stream : ProducerHost.Stream;

    private (UserRecord Record, Ticket Ticket) NewRecord(ProcessHost host, PutOptions? options)
    {
        var number = _tickets.Count + 1;
        var key = Plan.KeyOf(world.Dice.Next(plan.Keys));
        var data = new byte[ServiceStream.NumberBytes + world.Dice.Next(plan.LargestRecord)];
        BinaryPrimitives.WriteInt64BigEndian(data, number);
        UInt128? hashKey = !plan.IsOrdered && world.Happens(0.05) ? new UInt128((ulong)world.Dice.NextInt64(), (ulong)world.Dice.NextInt64()) : null;
        var ticket = new Ticket
        {
            Number = number,
            Key = key,
            Host = host,
            Life = host.Life,
            TimeToLive = options?.TimeToLive ?? plan.Options.RecordTtl,
            OfferedAt = world.Now,
        };
        _tickets.Add(ticket);
        return (new UserRecord(key, data, hashKey), ticket);
    }

    private async Task PutOneAsync(ProcessHost host, UserRecord record, Ticket ticket, PutOptions? options, CancellationToken cancellationToken)
    {
        try
        {
            var enqueued = await host.Producer!.EnqueueAsync(DrawName(), record, options, cancellationToken).ConfigureAwait(false);
            Accept(ticket);
            End(ticket, await enqueued.Delivery.ConfigureAwait(false));
        }
        catch (Exception e)
        {
            Refuse([ticket], e);
        }
    }

    private async Task PutBatchAsync(ProcessHost host, UserRecord[] records, Ticket[] tickets, PutOptions? options, CancellationToken cancellationToken)
    {
        try
        {
            var batch = await host.Producer!.EnqueueAsync(DrawName(), records, options, cancellationToken).ConfigureAwait(false);
            foreach (var ticket in tickets)
                Accept(ticket);
            await batch.Delivery.ConfigureAwait(false);
            for (var i = 0; i < tickets.Length; i++)
                End(tickets[i], batch[i]);
            if (world.Happens(0.5))
                batch.Dispose();
        }
        catch (Exception e)
        {
            Refuse(tickets, e);
        }
    }

    /// <summary>Flushes, and looks whether what was accepted before has ended.</summary>
    private async Task FlushAsync(ProcessHost host)
    {
        if (!host.IsRunning || host.Process.IsFrozen)
            return;
        var flush = (Host: host, host.Life, world.Now);
        var before = _tickets.Where(t => t.Host == host && t.Life == flush.Life && t is { AcceptedAt: not null, EndedAt: null }).ToList();
        _flushes.Add(flush);
        if (world.IsTracing)
            world.Say(host.Process.Name, $"flushes, with {before.Count} records");
        try
        {
            var flushed = host.Producer!.FlushAsync(world.Happens(0.2) ? null : DrawName());
            await (EndsFlushes ? Task.CompletedTask : flushed).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            world.Violate($"a flush threw {e}");
        }

        // Who waits for a record that ends with the flush is told in the same instant, perhaps after it.
        world.After(TimeSpan.Zero, () => EndFlush(flush, before), host.Process);
    }

    private void EndFlush((ProcessHost Host, int Life, long At) flush, List<Ticket> before)
    {
        _flushes.Remove(flush);
        if (!flush.Host.IsGone(flush.Life) && before.Find(static t => t.EndedAt is null) is { } left)
            world.Violate($"a flush ended before {left}, which was accepted before it");
    }

    /// <summary>Checks, when everything has ended, that each flush has.</summary>
    public void CheckFlushes()
    {
        foreach (var (host, life, at) in _flushes.Where(static f => !f.Host.IsGone(f.Life)))
            world.Violate($"a flush of {host.Name}, life {life}, which began at {TimeSpan.FromTicks(at)}, has not ended");
    }

    private void Accept(Ticket ticket)
    {
        if (ticket.Host.IsGone(ticket.Life))
            return;
        ticket.AcceptedAt = world.Now;
        ticket.FrozenBefore = ticket.Host.Process.FrozenTicks;
    }

    private void End(Ticket ticket, in RecordResult result)
    {
        if (ticket.Host.IsGone(ticket.Life))
            return;
        ticket.Outcomes += DoublesEvery > 0 && ++_told % DoublesEvery == 0 ? 2 : 1;
        ticket.EndedAt = world.Now;
        ticket.FrozenAtEnd = ticket.Host.Process.FrozenTicks;
        (ticket.Status, ticket.Code) = (result.Status, result.ErrorCode);
        if (result.Status == RecordStatus.Delivered)
            ticket.At = (result.ShardId!, result.SequenceNumber!, result.SubSequenceNumber);
        if (world.IsTracing && (result.Status != RecordStatus.Delivered || ticket.Number % 10 == 0))
            world.Say(ticket.Host.Process.Name, $"ends: {ticket}");
    }

    private void Refuse(IReadOnlyList<Ticket> tickets, Exception exception)
    {
        var first = tickets[0];
        if (first.Host.IsGone(first.Life))
            return;
        if (exception is not (OperationCanceledException or ObjectDisposedException) && !(plan.AsksForAll && exception is AcceptTimeoutException))
            world.Violate($"a put threw {exception}");
        if (tickets.Any(static t => t.AcceptedAt is not null))
            world.Violate($"a put threw after it had accepted: {exception}");
        foreach (var ticket in tickets)
            ticket.Refusal = exception.GetType().Name;
        if (world.IsTracing)
            world.Say(first.Host.Process.Name, $"refuses records {first.Number} to {tickets[^1].Number}: {exception.GetType().Name}");
    }
}
