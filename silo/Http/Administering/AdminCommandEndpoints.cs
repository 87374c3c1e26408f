using System.Globalization;
using System.Text.Json;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Administering;

/// <summary>The admin requests with method POST.</summary>
internal sealed class AdminCommandEndpoints(IStreamAdmin admin)
{
    private const int LongestWait = 3_600;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    private static readonly AdminJson Json = AdminJson.Default;

    public async Task RefreshAsync(HttpContext context) =>
        await AdminQueryEndpoints.WriteAsync(context, await admin.RefreshAsync(AdminQueryEndpoints.StreamOf(context), context.RequestAborted));

    public async Task SplitAsync(HttpContext context)
    {
        var (wait, request) = (WaitOf(context), await AdminBody.ReadAsync(context, AdminRequests.Default.SplitRequest));
        await AnswerAsync(context, wait,
            await admin.SplitShardAsync(AdminQueryEndpoints.StreamOf(context), request.ShardId, SplitPoint.Parse(request.At), CancellationToken.None));
    }

    public async Task MergeAsync(HttpContext context)
    {
        var (wait, request) = (WaitOf(context), await AdminBody.ReadAsync(context, AdminRequests.Default.MergeRequest));
        await AnswerAsync(context, wait,
            await admin.MergeShardsAsync(AdminQueryEndpoints.StreamOf(context), request.ShardId, request.AdjacentShardId, CancellationToken.None));
    }

    public async Task ScaleAsync(HttpContext context)
    {
        var (wait, request) = (WaitOf(context), await AdminBody.ReadAsync(context, AdminRequests.Default.ScaleRequest));
        await AnswerAsync(context, wait,
            await admin.SetShardCountAsync(AdminQueryEndpoints.StreamOf(context), request.Shards, request.Method, CancellationToken.None));
    }

    public async Task PlanAsync(HttpContext context)
    {
        var request = await AdminBody.ReadAsync(context, AdminRequests.Default.PlanRequest);
        var plan = await admin.PlanAsync(AdminQueryEndpoints.StreamOf(context), request.Shards, context.RequestAborted);
        await AdminBody.WriteAsync(context, StatusCodes.Status200OK, plan, Json.ShardPlan);
    }

    public async Task ChangeCapacityAsync(HttpContext context)
    {
        var change = await AdminBody.ReadAsync(context, AdminRequests.Default.CapacityChange);
        var plan = await admin.ChangeCapacityAsync(AdminQueryEndpoints.StreamOf(context), change, CancellationToken.None);
        await AdminBody.WriteAsync(context, StatusCodes.Status200OK, plan, Json.CapacityPlan);
    }

    public async Task SetPolicyAsync(HttpContext context)
    {
        var policy = await AdminBody.ReadAsync(context, AdminRequests.Default.ScalingOptions);
        var stored = await admin.SetPolicyAsync(AdminQueryEndpoints.StreamOf(context), policy, CancellationToken.None);
        await AdminBody.WriteAsync(context, StatusCodes.Status200OK, stored, Json.ScalingOptions);
    }

    /// <summary>Returns how long the answer may wait for the operation to end.</summary>
    private static TimeSpan WaitOf(HttpContext context)
    {
        if (!context.Request.Query.TryGetValue("wait", out var text))
            return TimeSpan.Zero;
        return double.TryParse(text.ToString(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            && seconds is >= 0 and <= LongestWait
            ? TimeSpan.FromSeconds(seconds)
            : throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, $"wait is '{text}': it must be 0 to {LongestWait} seconds");
    }

    /// <summary>Answers 200 with the final state if the operation ends in time, else 202.</summary>
    private async Task AnswerAsync(HttpContext context, TimeSpan wait, StartedOperation started)
    {
        var operation = await AwaitEndAsync(context, wait, started.OperationId);
        await AdminBody.WriteAsync(context, operation is null ? StatusCodes.Status202Accepted : StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("operation_id"u8, started.OperationId);
            json.WritePropertyName("plan"u8);
            JsonSerializer.Serialize(json, started.Plan, Json.ShardPlan);
            if (operation is not null)
            {
                json.WritePropertyName("operation"u8);
                JsonSerializer.Serialize(json, operation, Json.StreamOperation);
            }

            json.WriteEndObject();
        });
    }

    private async Task<StreamOperation?> AwaitEndAsync(HttpContext context, TimeSpan wait, string operationId)
    {
        var time = TimeProvider.System;
        var begin = time.GetTimestamp();
        while (wait > TimeSpan.Zero)
        {
            var operation = await admin.GetOperationAsync(AdminQueryEndpoints.StreamOf(context), operationId, context.RequestAborted);
            if (operation.State != OperationState.Running)
                return operation;
            var left = wait - time.GetElapsedTime(begin);
            if (left <= TimeSpan.Zero)
                return null;
            await Task.Delay(left < LookEvery ? left : LookEvery, time, context.RequestAborted);
        }

        return null;
    }
}
