using System.Text.Json.Serialization;
using Orleans.Kpl;
using Orleans.Kpl.Http;

// An API that puts what it is told into a stream, and takes records of other programs over HTTP besides.
WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
IConfigurationSection kpl = builder.Configuration.GetSection("Kpl");
builder.Services.AddKpl(kpl).AddKplHttp(kpl);
builder.Services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default));
builder.Services.AddHealthChecks().AddKpl();

WebApplication app = builder.Build();

// Answered when Kinesis has the order. The key is the customer: each customer's orders are in one shard.
app.MapPost("/orders", async (Order order, IKplProducer producer, CancellationToken cancellationToken) =>
{
    UserRecord record = UserRecord.FromJson(order.Customer, order, ApiJson.Default.Order);
    try
    {
        RecordResult result = await producer.PutAsync("orders", record, cancellationToken: cancellationToken);
        return result.IsSuccess
            ? Results.Ok(new Stored(result.ShardId!, result.SequenceNumber!))
            : Results.Problem($"{result.ErrorCode}: {result.ErrorMessage}", statusCode: StatusCodes.Status503ServiceUnavailable);
    }
    catch (RecordValidationException refused)
    {
        // Such as an order without a customer: that is its sender's mistake.
        return Results.Problem(refused.Message, statusCode: StatusCodes.Status400BadRequest);
    }
});

// POST /streams/{stream}/records and its siblings, /health/live, /health/ready. Readiness goes off as the host begins to stop.
app.UseKplGuard().UseKplErrors();
app.MapKplIngest().MapKplHealth();
app.MapHealthChecks("/healthz");
await app.RunAsync();

/// <summary>A request to the API.</summary>
internal sealed record Order(string Customer, string Item, int Pieces);

/// <summary>The API's answer.</summary>
internal sealed record Stored(string Shard, string SequenceNumber);

[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(Stored))]
internal sealed partial class ApiJson : JsonSerializerContext;
