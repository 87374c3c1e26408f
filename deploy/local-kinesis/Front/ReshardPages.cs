using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>
/// <c>GET /_reshards</c> and <c>PUT /_reshards</c> <c>{"cut_over_delay":100,"cut_over_after_records":7,"list_shards_lag":2000}</c>:
/// how the next reshards go, from whichever side they are asked for. What a PUT leaves out is back at its default.
/// </summary>
internal sealed class ReshardPages(KinesisEndpoint kinesis)
{
    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            if (HttpMethods.IsPut(context.Request.Method))
                kinesis.Reshards = await JsonSerializer.DeserializeAsync<ReshardTiming>(
                    context.Request.Body, ControlPages.Json, context.RequestAborted) ?? throw new JsonException("The timing is an object.");
            else if (!HttpMethods.IsGet(context.Request.Method))
            {
                await ControlPages.RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "GET or PUT.");
                return;
            }
            await ControlPages.AnswerAsync(context, kinesis.Reshards);
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            await ControlPages.RefuseAsync(context, StatusCodes.Status400BadRequest, error.Message);
        }
    }
}
