using System.Reflection;
using Orleans.Kpl.Grains.Management;
using Orleans.Kpl.Management;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Backlog;
using Orleans.Kpl.Silos.Fronts;

namespace Orleans.Kpl.Grains.Tests.Management;

/// <summary>
/// What silos make of a manager that cannot be reached. Orleans' directory ends such calls as cancelled, too, which nobody here
/// asked for: taken for a cancellation it ended what was to be tried again.
/// </summary>
public sealed class LostManagerTests
{
    public static TheoryData<Exception> Errors => [new OperationCanceledException(), new TimeoutException(), new Runtime.SiloUnavailableException("gone")];

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Admin_SaysThatTheManagerDoesNotAnswer(Exception error)
    {
        var (grains, _) = LostManager.Ending(error);
        var told = await Assert.ThrowsAsync<StreamManagerException>(
            () => new GrainBacklogAdmin(grains).GetLedgerAsync("events", TestContext.Current.CancellationToken));
        Assert.Equal(StreamManagerErrorCodes.ManagerUnavailable, told.Code);
    }

    /// <summary>Orleans appends a stack trace to such messages. A dashboard once showed it.</summary>
    [Fact]
    public async Task Admin_TellsNoStackTraceOfOrleans()
    {
        var (grains, _) = LostManager.Ending(new Runtime.OrleansException(
            "Exception while sending message: Orleans.Runtime.Messaging.ConnectionFailedException: no\n   at Orleans.Runtime.A.B() in /_/src/A.cs:line 142"));
        var told = await Assert.ThrowsAsync<StreamManagerException>(
            () => new GrainStreamAdmin(grains).GetOverviewAsync("events", TestContext.Current.CancellationToken));
        Assert.EndsWith("whether it does what was asked is not known", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Admin_LeavesAnAnswerOfTheManagerAsItIs()
    {
        var (grains, _) = LostManager.Ending(new StreamManagerException(StreamManagerErrorCodes.OnDemand, "no"));
        var told = await Assert.ThrowsAsync<StreamManagerException>(
            () => new GrainBacklogAdmin(grains).GetLedgerAsync("events", TestContext.Current.CancellationToken));
        Assert.Equal(StreamManagerErrorCodes.OnDemand, told.Code);
    }

    /// <summary>Nothing and everything were answered with what there was; an embedded producer refuses them.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1_001)]
    [InlineData(-1, 100)]
    public async Task Admin_AskedForMoreDeadLettersThanItGives_Refuses(long after, int max)
    {
        var (grains, _) = LostManager.Ending(new TimeoutException());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => new GrainBacklogAdmin(grains).GetDeadLettersAsync("events", after, max, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Admin_ThatIsCancelled_EndsAsCancelled()
    {
        var (grains, _) = LostManager.Ending(new OperationCanceledException());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new GrainBacklogAdmin(grains).GetLedgerAsync("events", new CancellationToken(canceled: true)));
    }

    /// <summary>A request that was given up while a silo did not answer left a failure that nobody observed.</summary>
    [Fact]
    public async Task Admin_WhoseCallerLeft_LeavesNoFailureUnobserved()
    {
        const string gone = "the silo was lost after its caller had left";

        Assert.DoesNotContain(gone, await UnobservedFailures.OfAsync(LeaveAsync));

        static async Task LeaveAsync()
        {
            var (grains, _) = LostManager.Ending(new TimeoutException());
            var answer = new TaskCompletionSource<int>();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => new StreamManagers(grains).AskAsync("events", _ => answer.Task, new CancellationToken(canceled: true)));
            answer.SetException(new TimeoutException(gone));
        }
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Gateway_SaysThatNothingWasSent(Exception error)
    {
        var (grains, _) = LostManager.Ending(error);
        var gateway = new ClusterGateway(kinesis: null!, new ManagerGrains(grains), TimeProvider.System);
        var told = await Assert.ThrowsAsync<KinesisException>(async () =>
            await gateway.ListShardsAsync(new StreamTarget("events", null, TimeSpan.FromSeconds(2)), TestContext.Current.CancellationToken));
        Assert.Equal(KinesisFailureKind.NotSent, told.Kind);
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task DeadLetters_AreReportedAgain(Exception error)
    {
        var (grains, manager) = LostManager.Ending(error);
        var time = new FakeTimeProvider();
        var letter = new DeadLetter { Number = 1, Record = new UserRecord("key", "data"u8.ToArray()), ErrorCode = "ValidationException", ErrorMessage = "never",
            PersistedAt = time.GetUtcNow(), SetAsideAt = time.GetUtcNow() };
        var letters = new ClusterDeadLetters("events", new ManagerGrains(grains), () => "silo", Guid.NewGuid, time);
        var reported = letters.AddAsync([letter], TestContext.Current.CancellationToken);
        await time.PassUntilAsync(() => reported.IsCompleted, TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<BacklogStoreException>(() => reported);
        Assert.Equal(4, manager.Calls);
    }
}

/// <summary>Grains whose every call ends with an error, as it is while their silo was lost and is not yet declared dead.</summary>
public class LostManager : DispatchProxy
{
    private Exception _error = new InvalidOperationException();
    private LostManager? _shared;

    /// <summary>How often a grain was called.</summary>
    public int Calls { get; private set; }

    /// <summary>A factory of such grains, and itself to count the calls.</summary>
    internal static (IGrainFactory Grains, LostManager Manager) Ending(Exception error)
    {
        var factory = Create<IGrainFactory, Factory>();
        var manager = new LostManager();
        ((Factory)factory).Make = type =>
        {
            var grain = (LostManager)Create(type, typeof(LostManager));
            (grain._error, grain._shared) = (error, manager);
            return grain;
        };
        return (factory, manager);
    }

    /// <inheritdoc />
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        _shared!.Calls++;
        var type = targetMethod!.ReturnType;
        return type == typeof(Task)
            ? Task.FromException(_error)
            : typeof(Task).GetMethods().Single(m => m is { Name: nameof(Task.FromException), IsGenericMethod: true })
                .MakeGenericMethod(type.GetGenericArguments()).Invoke(null, [_error]);
    }

    /// <summary>Makes grains of any interface.</summary>
    public class Factory : DispatchProxy
    {
        internal Func<Type, object> Make { get; set; } = static _ => throw new InvalidOperationException();

        /// <inheritdoc />
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Make(targetMethod!.ReturnType);
    }
}
