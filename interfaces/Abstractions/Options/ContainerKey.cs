namespace Orleans.Kpl;

/// <summary>The partition key of an aggregate.</summary>
public enum ContainerKey
{
    /// <summary>The letter <c>a</c>, as KPL. The default.</summary>
    A = 0,

    /// <summary>The partition key of the first member.</summary>
    First,
}
