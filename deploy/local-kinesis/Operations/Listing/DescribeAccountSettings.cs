namespace Orleans.Kpl.LocalKinesis.Operations.Listing;

/// <summary>The account has no billing commitment.</summary>
internal static class DescribeAccountSettings
{
    public static void Execute(OperationCall call)
    {
        call.Answer.StartObject();
        call.Answer.Name("MinimumThroughputBillingCommitment"u8);
        call.Answer.StartObject();
        call.Answer.Field("Status"u8, "DISABLED");
        call.Answer.EndObject();
        call.Answer.EndObject();
    }
}
