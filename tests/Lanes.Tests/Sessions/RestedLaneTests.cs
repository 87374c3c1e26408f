namespace Orleans.Kpl.Lanes.Tests.Sessions;

/// <summary>Lanes that rested for longer than their silos remember a session that nobody asks for.</summary>
/// <remarks>Tests <see cref="Lanes.Sessions.SiloSession"/> and <see cref="ClientStream"/>.</remarks>
public sealed class RestedLaneTests
{
    /// <summary>A message for each lane of three silos, and more.</summary>
    private const int Burst = 10 * ClientBatch.MaxRecords;

    private readonly FakeTimeProvider _time = new();

    public static TheoryData<int, bool, int> Rests =>
    [
        .. from silos in new[] { 1, 2, 3 }
           from isOrdered in new[] { false, true }
           from seconds in new[] { 70, 90, 300, 900 }
           select (silos, isOrdered, seconds),
    ];

    /// <summary>The silos had forgotten the sessions of all lanes, and what was put ended as unknown though none of them ever had it.</summary>
    [Theory]
    [MemberData(nameof(Rests))]
    public async Task Put_AfterARest_IsDeliveredOnce(int silos, bool isOrdered, int seconds)
    {
        using var cluster = NewCluster(silos);
        await using var producer = NewProducer(cluster, isOrdered);
        await PutAsync(producer, 0, 1);
        await PassAsync(TimeSpan.FromSeconds(seconds));

        await PutAsync(producer, 1, 1);
        await PutAsync(producer, 2, Burst);

        AssertTakenOnce(cluster, Burst + 2);
    }

    /// <summary>Each rest dealt a new lane, to any silo: what came next overtook what the former silo had persisted and not delivered yet.</summary>
    [Fact]
    public async Task AnOrderedStream_ThatRests_StaysWithItsSilo()
    {
        using var cluster = NewCluster(3);
        await using var producer = NewProducer(cluster, isOrdered: true);
        for (var number = 0; number < 10; number++)
        {
            await PutAsync(producer, number, 1);
            await PassAsync(TimeSpan.FromSeconds(25));
        }

        Assert.Equal([0, 0, 10], cluster.Silos.Select(static s => s.Keys.Count).Order());
    }

    /// <summary>The silo left while the session rested.</summary>
    [Fact]
    public async Task AnOrderedStream_WhoseSiloIsLostWhileItRests_GoesOnAtAnother()
    {
        using var cluster = NewCluster(2);
        await using var producer = NewProducer(cluster, isOrdered: true);
        await PutAsync(producer, 0, 1);
        await PassAsync(TimeSpan.FromSeconds(25));
        cluster.Silos.Single(static s => s.Keys.Count > 0).Die();

        await PutAsync(producer, 1, 1);

        Assert.All(cluster.Silos, static s => Assert.Single(s.Keys));
    }

    /// <summary>One lane carries what a quiet client puts. The others were never used, until there was more to put.</summary>
    [Fact]
    public async Task Put_OverLanesThatWereNeverUsed_AfterALongQuietLoad_IsDeliveredOnce()
    {
        using var cluster = NewCluster(3);
        await using var producer = NewProducer(cluster);
        for (var number = 0; number < 18; number++)
        {
            await PutAsync(producer, number, 1);
            await PassAsync(TimeSpan.FromSeconds(10));
        }

        await PutAsync(producer, 18, Burst);

        AssertTakenOnce(cluster, Burst + 18);
        Assert.All(cluster.Silos, static s => Assert.NotEmpty(s.Keys));
    }

    /// <summary>A lane that rests stays, and its silo's session is opened by what needs it: one call, not one for each lane of the cluster.</summary>
    [Fact]
    public async Task ASilo_WhoseLanesRestWhileOthersWork_IsUsedAgain_AfterOneCall()
    {
        using var cluster = NewCluster(2);
        await using var producer = NewProducer(cluster);
        await PutAsync(producer, 0, Burst);
        var openings = cluster.Silos.Sum(static s => s.Openings);
        var number = Burst;
        for (var passed = 0; passed < 60; passed += 10)
        {
            await PutAsync(producer, number++, 1);
            await PassAsync(TimeSpan.FromSeconds(10));
        }

        await PutAsync(producer, number++, 1);
        var before = cluster.Silos.Select(static s => s.Keys.Count).ToList();
        await PutAsync(producer, number, Burst);

        Assert.Equal(openings + 1, cluster.Silos.Sum(static s => s.Openings));
        Assert.All(cluster.Silos.Zip(before), static s => Assert.True(s.First.Keys.Count > s.Second));
        AssertTakenOnce(cluster, number + Burst);
    }

    /// <summary>The client's process stood still, or its way to the silo was cut: what the silo has is not known any more, and what comes then is.</summary>
    [Fact]
    public async Task AForgottenSession_LeavesWhatTheSiloHasUnknown_AndNothingElse()
    {
        using var cluster = NewCluster(1);
        var silo = cluster.Silos[0];
        await using var producer = NewProducer(cluster);
        silo.EndsAtOnce = false;
        var given = producer.PutAsync(Numbered.Stream, Numbered.Records(100)).AsTask();
        await Waiting.UntilAsync(() => silo.Keys.Count == 100);
        silo.EndsAtOnce = true;
        await silo.ForgetAllAsync();

        await PutAsync(producer, 100, Burst);

        var results = await EndAsync(given);
        Assert.All(results, static r => Assert.Equal((RecordStatus.Unknown, RecordErrorCodes.OwnerLost), (r.Status, r.ErrorCode)));
        AssertTakenOnce(cluster, Burst + 100);
        Assert.Equal(new StreamLedger(Burst + 100, Burst, 0, 100, 0, 0, 0), producer.GetLedger(Numbered.Stream));
    }

    /// <summary>The silo may have it, so it must not go there under another session, nor elsewhere.</summary>
    [Fact]
    public async Task AMessage_WhoseAnswerWasLost_ToASessionThatIsForgottenThen_IsUnknownAndNotSentAgain()
    {
        using var cluster = NewCluster(2);
        cluster.LosesAcceptances = true;
        foreach (var silo in cluster.Silos)
            silo.EndsAtOnce = false;
        await using var producer = NewProducer(cluster);
        var put = producer.PutAsync(Numbered.Stream, Numbered.Records(100)).AsTask();
        await Waiting.UntilAsync(() => cluster.Silos.Sum(static s => s.Keys.Count) == 100);
        foreach (var silo in cluster.Silos)
        {
            silo.EndsAtOnce = true;
            await silo.ForgetAllAsync();
        }

        cluster.LosesAcceptances = false;

        var results = await EndAsync(put);
        Assert.All(results, static r => Assert.Equal((RecordStatus.Unknown, RecordErrorCodes.OwnerLost), (r.Status, r.ErrorCode)));
        await PutAsync(producer, 100, Burst);
        AssertTakenOnce(cluster, Burst + 100);
    }

    /// <summary>As when the silos of a tier are replaced one after the other while a client rests.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Put_AfterASiloWasLostThatHadNothing_IsDeliveredByOthers(bool wasUsed)
    {
        using var cluster = NewCluster(2);
        await using var producer = NewProducer(cluster);
        await PutAsync(producer, 0, wasUsed ? Burst : 1);
        var number = Burst;
        for (var passed = 0; passed < 30; passed += 10)
        {
            await PutAsync(producer, number++, 1);
            await PassAsync(TimeSpan.FromSeconds(10));
        }

        var before = cluster.Silos.Select(static s => s.Keys.Count).ToList();
        await PutAsync(producer, number++, 1);
        var quiet = cluster.Silos.Zip(before).First(static s => s.First.Keys.Count == s.Second).First;
        quiet.Die();

        await PutAsync(producer, number, Burst);

        Assert.Equal(0, producer.GetLedger(Numbered.Stream).Unknown);
        AssertTakenOnce(cluster, number + Burst - (wasUsed ? 0 : Burst - 1));
    }

    private FakeCluster NewCluster(int silos) => new(silos, siloTime: _time) { Time = _time };

    private static ClientPipeline NewProducer(FakeCluster cluster, bool isOrdered = false) => cluster.NewProducer(o =>
    {
        // Longer than any rest, and than the test.
        o.RecordTtl = TimeSpan.FromHours(1);
        o.ForStream(Numbered.Stream, s => s.Ordered = isOrdered ? OrderedMode.PutRecords : OrderedMode.Off);
    });

    private async Task PutAsync(ClientPipeline producer, int first, int count)
    {
        var results = await EndAsync(producer.PutAsync(Numbered.Stream, Numbered.Records(count, first), PutOptions.WithoutLinger).AsTask());
        var other = results.Where(static r => r.Status != RecordStatus.Delivered).ToList();
        Assert.True(other.Count == 0, $"{other.Count} of {count} records were not delivered: {other.FirstOrDefault()}");
    }

    /// <summary>A little time passes for as long as it takes.</summary>
    private async Task<RecordResult[]> EndAsync(Task<RecordResult[]> put)
    {
        await _time.PassUntilAsync(() => put.IsCompleted, TimeSpan.FromMilliseconds(10));
        return await put;
    }

    /// <summary>Time passes, and polls are answered in between.</summary>
    private Task PassAsync(TimeSpan span)
    {
        var end = _time.GetTimestamp() + span.Ticks;
        return _time.PassUntilAsync(() => _time.GetTimestamp() >= end, TimeSpan.FromSeconds(5));
    }

    private static void AssertTakenOnce(FakeCluster cluster, int count)
    {
        var taken = cluster.Silos.SelectMany(static s => s.Keys).ToList();
        Assert.Equal((count, count), (taken.Count, taken.Distinct().Count()));
    }
}
