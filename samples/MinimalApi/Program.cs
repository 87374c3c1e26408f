using System.Globalization;
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

// While Kinesis cannot be reached, the caller is told so after five seconds and a last call, and not after RecordTtl (30 s).
string timeToLive = builder.Configuration["OrderTimeToLive"] ?? "00:00:05";
PutOptions options = new() { TimeToLive = TimeSpan.Parse(timeToLive, CultureInfo.InvariantCulture) };

// Answered when Kinesis has the order. The key is the customer: each customer's orders are in one shard.
app.MapPost("/orders", async (Order order, IKplProducer producer, CancellationToken cancellationToken) =>
{
    UserRecord record = UserRecord.FromJson(order.Customer, order, ApiJson.Default.Order);
    try
    {
        RecordResult result = await producer.PutAsync("orders", record, options, cancellationToken);
        // Not 503, which says that nothing was taken: Kinesis may have an order whose call was not answered.
        return result.IsSuccess
            ? Results.Ok(new Stored(result.ShardId, result.SequenceNumber))
            : Results.Problem($"{result.ErrorCode}: {result.ErrorMessage}", statusCode: StatusCodes.Status502BadGateway);
    }
    catch (RecordValidationException refused)
    {
        // Such as an order without a customer: that is its sender's mistake.
        return Results.Problem(refused.Message, statusCode: StatusCodes.Status400BadRequest);
    }
});

// POST /streams/{stream}/records and its siblings, /health/live, /health/ready. The process turns unready as the host begins to stop. The guard
// answers 403 on every route for a host name with a domain that Kpl:Http:Hosts does not list: an app that is reached as orders.example.com names it there.
app.UseKplGuard().UseKplErrors();
app.MapKplIngest().MapKplHealth();
app.MapHealthChecks("/healthz");
await app.RunAsync();

/// <summary>A request to the API.</summary>
internal sealed record Order(string Customer, string Item, int Pieces);

/// <summary>The API's answer. Both are null where a backlog has the order, if the settings add one.</summary>
internal sealed record Stored(string? Shard, string? SequenceNumber);

[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(Stored))]
internal sealed partial class ApiJson : JsonSerializerContext;
