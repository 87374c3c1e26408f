using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Operations;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Scaling.Tests.Running;

public sealed class StreamAdministratorTests : IAsyncDisposable
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly MemoryStateStore _store = new();
    private readonly FakeTimeProvider _time = new();
    private readonly ManagedStreamInMemory _stream = new(2);
    private readonly StreamAdministrator _admin;

    public StreamAdministratorTests() => _admin = new StreamAdministrator(_stream, new AdminServices
    {
        Kinesis = _stream, Store = _store, Time = _time, Events = new QuietEvents(), IsPolicyAllowed = true,
    });

    public ValueTask DisposeAsync() => _admin.DisposeAsync();

    /// <summary>It told of its trouble each minute for ever, and scaled the next stream of that name, whose owner had asked for nothing.</summary>
    [Fact]
    public async Task Policy_OfADeletedStream_CanBeSeenAndSwitchedOff_AndNotOn()
    {
        await _admin.SetPolicyAsync(new ScalingOptions { Mode = ScalingMode.On, MaxShards = 7 }, Never);
        _stream.IsGone = true;
        Assert.Equal(ScalingMode.On, (await _admin.GetPolicyAsync(Never)).Mode);
        var on = await Assert.ThrowsAsync<StreamManagerException>(() => _admin.SetPolicyAsync(new ScalingOptions { Mode = ScalingMode.On }, Never));
        Assert.Equal(RecordErrorCodes.ResourceNotFound, on.Code);

        await _admin.SetPolicyAsync(new ScalingOptions { Mode = ScalingMode.Off, MaxShards = 7 }, Never);

        Assert.Equal(new ScalingOptions { Mode = ScalingMode.Off, MaxShards = 7, Version = 2 }, await new PolicyStore(_store, "events").FindAsync(Never));
    }

    /// <summary>The kill switch asked Kinesis whether there was such a stream, and failed while that did not answer.</summary>
    [Fact]
    public async Task Policy_WhileKinesisDoesNotAnswer_CanBeSeenAndSwitchedOff_WhereThereIsOne()
    {
        _stream.Unread = new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "no route");
        var off = await Assert.ThrowsAsync<StreamManagerException>(() => _admin.SetPolicyAsync(new ScalingOptions(), Never));
        var none = await Assert.ThrowsAsync<StreamManagerException>(() => _admin.GetPolicyAsync(Never));
        Assert.Equal((RecordErrorCodes.ConnectionFailed, RecordErrorCodes.ConnectionFailed), (off.Code, none.Code));
        await new PolicyStore(_store, "events").WriteAsync(new ScalingOptions { Mode = ScalingMode.On, MaxShards = 7 }, Never);

        var on = await _admin.GetPolicyAsync(Never);
        Assert.Equal(ScalingMode.On, on.Mode);
        Assert.Equal(ScalingMode.Off, (await _admin.SetPolicyAsync(on with { Mode = ScalingMode.Off }, Never)).Mode);
    }

    /// <summary>What had happened to a deleted stream could not be read, nor why an operation waited while Kinesis did not answer.</summary>
    [Fact]
    public async Task History_OfAStreamThatCannotBeRead_IsToldWhereThereIsAny()
    {
        _stream.Unread = new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "no route");
        await Assert.ThrowsAsync<StreamManagerException>(() => _admin.GetHistoryAsync(Never));
        await new OperationStore(_store, "events", _time, new QuietEvents()).NoteAsync("a note", Never);

        Assert.Equal("a note", Assert.Single(await _admin.GetHistoryAsync(Never)).Reason);
    }

    /// <summary>Of two operators who each changed one setting at once, one was told that it was set, and lost it.</summary>
    [Fact]
    public async Task Policy_WhereAnotherOperatorHasSetItSinceItWasRead_IsNotOverwritten()
    {
        var one = await _admin.GetPolicyAsync(Never);
        var other = await _admin.GetPolicyAsync(Never);
        var set = await _admin.SetPolicyAsync(one with { MaxShards = 7 }, Never);

        var error = await Assert.ThrowsAsync<StreamManagerException>(() => _admin.SetPolicyAsync(other with { MinShards = 2 }, Never));

        Assert.Equal(StreamManagerErrorCodes.PolicyChanged, error.Code);
        Assert.Equal(new ScalingOptions { MaxShards = 7, Version = 1 }, set);
        Assert.Equal(set, await _admin.GetPolicyAsync(Never));
        Assert.Equal(set with { MinShards = 2, Version = 2 }, await _admin.SetPolicyAsync(set with { MinShards = 2 }, Never));
    }

    [Fact]
    public async Task Policy_WithoutAVersion_ReplacesAny()
    {
        await _admin.SetPolicyAsync(new ScalingOptions { MaxShards = 7 }, Never);
        await _admin.SetPolicyAsync(new ScalingOptions { MinShards = 2 }, Never);
        Assert.Equal(new ScalingOptions { MinShards = 2, Version = 2 }, await _admin.GetPolicyAsync(Never));
    }

    /// <summary>It was begun, and refused by Kinesis again and again for some 25 minutes, in which no other change could begin.</summary>
    [Fact]
    public async Task UpdateShardCount_WhereItWasCalledTenTimesToday_IsRefusedBeforeAnythingIsDone()
    {
        await new PolicyStore(_store, "events").ChangeStateAsync(s => s.Ended(_time.GetUtcNow().AddHours(-1), uniformChanges: 10), Never);
        var error = await Assert.ThrowsAsync<StreamManagerException>(() => _admin.ScaleAsync(4, ReshardMethod.UpdateShardCount, Never));
        Assert.Equal(StreamManagerErrorCodes.QuotaExceeded, error.Code);
        Assert.Contains("may be called 0 times more today", error.Message, StringComparison.Ordinal);
        Assert.Contains("0 times", (await _admin.PlanAsync(4, Never)).Alternatives[0].Obstacle, StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromHours(23));
        await _admin.ScaleAsync(4, ReshardMethod.UpdateShardCount, Never);
    }

    /// <summary>Whoever began the next one moved it to the history, and its calls and the cool-down after it were forgotten.</summary>
    [Fact]
    public async Task Begin_AfterAnOperationWhoseRunnerWasLostAsItEnded_KeepsItsEnd()
    {
        var operations = new OperationStore(_store, "events", _time, new QuietEvents());
        var plan = ReshardPlanner.ToCount(Topologies.Context([.. _stream.Shards]), 4, ReshardMethod.UpdateShardCount);
        var ended = ReshardOperation.Begin("one", "events", _stream.Created, plan, "a test", _time.GetUtcNow()) with
        {
            Calls = 1, Phase = OperationPhase.Done, PhaseSince = _time.GetUtcNow(),
        };
        Assert.NotNull(await operations.BeginAsync(ended, Never));
        _time.Advance(TimeSpan.FromMinutes(1));

        await _admin.ScaleAsync(2, ReshardMethod.Plan, Never);

        var state = await new PolicyStore(_store, "events").StateAsync(Never);
        Assert.Equal((ended.PhaseSince, 1), (state.LastEnded, state.UniformChanges.Count));
        Assert.Contains(await operations.HistoryAsync(Never), static o => o.OperationId == "one");
    }

    /// <summary>Whoever may set a policy may name any stream: no name leaves a row.</summary>
    [Fact]
    public async Task Policy_OfAStreamThatNeverWas_IsNotKept()
    {
        _stream.IsGone = true;
        var error = await Assert.ThrowsAsync<StreamManagerException>(() => _admin.SetPolicyAsync(new ScalingOptions(), Never));
        Assert.Equal(RecordErrorCodes.ResourceNotFound, error.Code);
        await Assert.ThrowsAsync<StreamManagerException>(() => _admin.GetPolicyAsync(Never));
        Assert.Null(await new PolicyStore(_store, "events").FindAsync(Never));
    }
}
