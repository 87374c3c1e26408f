using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Administering;

/// <summary>The admin requests that begin an operation.</summary>
internal sealed class AdminCommandEndpoints(IStreamAdmin admin)
{
    private const int LongestWait = 3_600;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>Reads a body, and begins what it asks for: a client that hangs up does not stop it.</summary>
    public RequestDelegate Begin<T>(Func<AdminRequests, JsonTypeInfo<T>> body, Func<string, T, Task<StartedOperation>> begin) => async context =>
    {
        var (wait, request) = (WaitOf(context), await AdminBody.ReadAsync(context, body(AdminRequests.Default)));
        await AnswerAsync(context, wait, await begin(AdminQueryEndpoints.StreamOf(context), request));
    };

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
        var told = new JsonObject
        {
            ["operation_id"] = started.OperationId, ["plan"] = JsonSerializer.SerializeToNode(started.Plan, AdminJson.Default.ShardPlan),
        };
        if (operation is not null)
            told["operation"] = JsonSerializer.SerializeToNode(operation, AdminJson.Default.StreamOperation);
        await AdminBody.WriteAsync(context, told, operation is null ? StatusCodes.Status202Accepted : StatusCodes.Status200OK);
    }

    private async Task<StreamOperation?> AwaitEndAsync(HttpContext context, TimeSpan wait, string operationId)
    {
        var time = TimeProvider.System;
        var begin = time.GetTimestamp();
        while (wait > TimeSpan.Zero)
        {
            try
            {
                var operation = await admin.GetOperationAsync(AdminQueryEndpoints.StreamOf(context), operationId, context.RequestAborted);
                if (operation.State != OperationState.Running)
                    return operation;
            }
            catch (StreamManagerException)
            {
                // The operation has begun, and the answer tells which: whoever read an error would begin it again.
            }

            var left = wait - time.GetElapsedTime(begin);
            if (left <= TimeSpan.Zero)
                return null;
            await Task.Delay(left < LookEvery ? left : LookEvery, time, context.RequestAborted);
        }

        return null;
    }
}
