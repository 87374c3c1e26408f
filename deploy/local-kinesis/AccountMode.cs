namespace Orleans.Kpl.LocalKinesis;

/// <summary>What the endpoint remembers of the records it applied.</summary>
public enum AccountMode
{
    /// <summary>Every record that retention keeps, readable by consumers and by <see cref="KinesisEndpoint.GetApplied"/>.</summary>
    Records,

    /// <summary>Only how many and how large: no memory per record, and nothing to read back.</summary>
    Counts,
}
