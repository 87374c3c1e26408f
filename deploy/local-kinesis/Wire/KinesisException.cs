namespace Orleans.Kpl.LocalKinesis.Wire;

/// <summary>An error answer: the service's type and message.</summary>
internal sealed class KinesisException(string type, string message, int status = 400) : Exception(message)
{
    public string Type => type;

    public int Status => status;
}
