namespace Orleans.Kpl.Scaling.Running;

/// <summary>Somebody else has written the intent: whoever gets this must not go on.</summary>
internal sealed class OperationLostException(string message) : Exception(message);
