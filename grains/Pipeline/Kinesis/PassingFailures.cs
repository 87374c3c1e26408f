namespace Orleans.Kpl.Pipeline.Kinesis;

/// <summary>Tells failures of Kinesis that pass from those that stay until somebody changes something.</summary>
internal static class PassingFailures
{
    /// <summary>Whether the same call may succeed a little later by itself: nobody answered, the service failed, or there were too many calls.</summary>
    public static bool MayPass(this KinesisException error) => error.Kind != KinesisFailureKind.Refused || error.HttpStatus is 429 or >= 500
        || error.Code == "LimitExceededException" || error.Code.Contains("Throttl", StringComparison.Ordinal);
}
