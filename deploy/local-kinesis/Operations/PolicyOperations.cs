using System.Text.Json;
using Orleans.Kpl.LocalKinesis.Resharding;

namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>The resource policies of streams and consumers: kept and told. Nobody is refused by one, for there is one account.</summary>
internal static class PolicyOperations
{
    private const string NoPolicy = "{}";

    public static void PutResourcePolicy(OperationCall call)
    {
        var policy = call.Required("Policy");
        var resource = call.Resource();
        if (!IsObject(policy)) throw KinesisErrors.InvalidArgument("The policy is not a JSON object.");
        Reshard.Require(resource.Stream);
        resource.Policy = policy;
    }

    public static void GetResourcePolicy(OperationCall call) => call.Answer.Field("Policy"u8, call.Resource().Policy ?? NoPolicy);

    public static void DeleteResourcePolicy(OperationCall call)
    {
        var resource = call.Resource();
        Reshard.Require(resource.Stream);
        if (resource.Policy is null) throw KinesisErrors.PolicyNotFound(call.Fields.String("ResourceARN")!);
        resource.Policy = null;
    }

    private static bool IsObject(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
