using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Tests.Identities;

namespace Orleans.Kpl.Http.Tests.Administering;

public sealed class AdminCommandEndpointsTests
{
    private static readonly string Key = ApiKeyText.Create();

    /// <summary>The operation had begun, and the answer was 503 without its id: a script began it again.</summary>
    [Theory]
    [InlineData(1, 60, 200)]
    [InlineData(int.MaxValue, 0.3, 202)]
    public async Task Post_WithWait_WhereTheManagerDoesNotAnswerMeanwhile_TellsOfTheOperation(int failures, double wait, int status)
    {
        var admin = new MovingAdmin { Failures = failures };
        var folder = new IdentityFolder().Write(IdentityFolder.Identity("ops", Key, "administer:*"));
        await using var server = await IdentityServer.StartAsync(folder, admin: admin);

        var answer = await server.SendAsync("POST", FormattableString.Invariant($"/admin/streams/orders/scale?wait={wait}"), Key, """{"shards":4}""");

        Assert.Equal((status, "op-1"), (answer.Status, answer.Json.GetProperty("operation_id").GetString()));
        Assert.Equal(status == 200, answer.Json.TryGetProperty("operation", out var operation));
        if (status == 200)
            Assert.Equal("done", operation.GetProperty("state").GetString());
    }

    /// <summary>Begins every operation, and then does not answer for a while.</summary>
    private sealed class MovingAdmin : FakeStreamAdmin
    {
        public int Failures { get; set; }

        public override Task<StartedOperation> SetShardCountAsync(string stream, int shards, ReshardMethod method = ReshardMethod.Plan,
            CancellationToken cancellationToken = default) => Task.FromResult(new StartedOperation
            {
                OperationId = "op-1", Plan = new ShardPlan { Method = method, Steps = [], Result = [], Reasons = [] },
            });

        public override Task<StreamOperation> GetOperationAsync(string stream, string operationId, CancellationToken cancellationToken = default) =>
            Failures-- > 0
                ? throw new StreamManagerException(StreamManagerErrorCodes.ManagerUnavailable, "the stream's manager did not answer")
                : Task.FromResult(new StreamOperation
                {
                    OperationId = operationId, Kind = StreamOperationKind.Scale, State = OperationState.Done, StartedAt = DateTimeOffset.UnixEpoch, Reason = "",
                });
    }
}
