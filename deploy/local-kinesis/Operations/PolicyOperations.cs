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
        var (stream, slot) = call.PolicyOfResource();
        if (!IsObject(policy)) throw KinesisErrors.InvalidArgument("The policy is not a JSON object.");
        Reshard.Require(stream);
        slot.Text = policy;
    }

    public static void GetResourcePolicy(OperationCall call)
    {
        var (_, slot) = call.PolicyOfResource();
        call.Answer.Field("Policy"u8, slot.Text ?? NoPolicy);
    }

    public static void DeleteResourcePolicy(OperationCall call)
    {
        var (stream, slot) = call.PolicyOfResource();
        Reshard.Require(stream);
        if (slot.Text is null) throw KinesisErrors.PolicyNotFound(call.Fields.String("ResourceARN")!);
        slot.Text = null;
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
