using System.Buffers.Binary;

namespace Orleans.Kpl.Simulation.Clients;

/// <summary>Puts records, and notes what becomes of each.</summary>
internal sealed class Callers(World world, Plan plan, IReadOnlyList<ProcessHost> hosts)
{
    private readonly List<Ticket> _tickets = [];

    public IReadOnlyList<Ticket> Tickets => _tickets;

    /// <summary>Planted: every so many outcomes are told twice; 0 for none.</summary>
    public int DoublesEvery { get; set; }

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
    }

    private void Put(ProcessHost host)
    {
        // Callers live in the process: they do nothing where it is frozen.
        if (!host.IsRunning || host.Process.IsFrozen)
            return;
        var options = DrawOptions();
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
        if (exception is not (OperationCanceledException or ObjectDisposedException))
            world.Violate($"a put threw {exception}");
        if (tickets.Any(static t => t.AcceptedAt is not null))
            world.Violate($"a put threw after it had accepted: {exception}");
        foreach (var ticket in tickets)
            ticket.Refusal = exception.GetType().Name;
        if (world.IsTracing)
            world.Say(first.Host.Process.Name, $"refuses records {first.Number} to {tickets[^1].Number}: {exception.GetType().Name}");
    }
}
