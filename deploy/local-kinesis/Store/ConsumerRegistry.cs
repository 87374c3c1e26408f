namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>
/// The registered consumers of one stream: at most 20, with On-demand Advantage 50, of which five may be CREATING (AWS, "RegisterStreamConsumer").
/// </summary>
internal sealed class ConsumerRegistry(KinesisStream stream)
{
    private const int Most = 20;
    private const int MostOfAdvantage = 50;
    private const int MostCreating = 5;

    private readonly SortedDictionary<string, StreamConsumer> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _lastRegisteredAt = new(StringComparer.Ordinal);

    /// <summary>By name.</summary>
    public IReadOnlyList<StreamConsumer> All
    {
        get
        {
            lock (stream.Lock) return [.. _byName.Values];
        }
    }

    public StreamConsumer? Find(string name)
    {
        lock (stream.Lock) return _byName.GetValueOrDefault(name);
    }

    /// <summary>A new consumer, CREATING for a while.</summary>
    public StreamConsumer Register(string name, IReadOnlyDictionary<string, string> tags, long nowTicks)
    {
        lock (stream.Lock)
        {
            if (stream.Status is StreamStatus.Creating or StreamStatus.Deleting) throw KinesisErrors.NotActive(stream.Name, stream.Status);
            if (_byName.TryGetValue(name, out var known))
                throw KinesisErrors.ResourceInUse($"{known.Title} already exists in state {known.Status.ToString().ToUpperInvariant()}.");
            CheckLimits(nowTicks);
            // The second of its birth is part of its ARN: registered again at once, it is another one all the same.
            var second = Math.Max(EndpointClock.ToUnixMilliseconds(nowTicks) / 1000, _lastRegisteredAt.GetValueOrDefault(name) + 1);
            var arn = new ConsumerArn(stream.Name, name, second);
            var consumer = new StreamConsumer(stream, arn, DateTime.UnixEpoch.Ticks + second * TimeSpan.TicksPerSecond);
            consumer.Resource.AddTags(tags);
            _lastRegisteredAt[name] = second;
            _byName[name] = consumer;
            stream.Schedule(nowTicks + stream.Settings.Options.CreatingTime.Ticks, _ =>
            {
                if (consumer.Status == ConsumerStatus.Creating) consumer.Status = ConsumerStatus.Active;
            });
            return consumer;
        }
    }

    /// <summary>Ends a consumer and its subscriptions; it is DELETING for a while.</summary>
    public void Deregister(StreamConsumer consumer, long nowTicks)
    {
        lock (stream.Lock)
        {
            if (consumer.Status == ConsumerStatus.Deleting)
                throw KinesisErrors.ResourceInUse($"{consumer.Title} is already in state DELETING.");
            consumer.Status = ConsumerStatus.Deleting;
            consumer.EndSubscriptions(KinesisErrors.ConsumerNotFound(consumer.Title));
            stream.Schedule(nowTicks + stream.Settings.Options.DeletingTime.Ticks, _ => _byName.Remove(consumer.Name));
        }
    }

    private void CheckLimits(long nowTicks)
    {
        var most = stream.Mode == StreamMode.OnDemand && stream.Settings.Account.At(nowTicks).IsEnabled ? MostOfAdvantage : Most;
        if (_byName.Count >= most)
            throw KinesisErrors.LimitExceeded(
                $"This request would exceed the limit of {most} registered consumers of stream {stream.Name} under account {KinesisErrors.Account}.");
        if (_byName.Values.Count(consumer => consumer.Status == ConsumerStatus.Creating) >= MostCreating)
            throw KinesisErrors.LimitExceeded(
                $"This request would exceed the limit of {MostCreating} consumers in CREATING of stream {stream.Name} " +
                $"under account {KinesisErrors.Account}.");
    }
}
