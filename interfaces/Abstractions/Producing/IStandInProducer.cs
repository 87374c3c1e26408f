namespace Orleans.Kpl;

/// <summary>Marks a producer that stands in for the real one in tests: a host that has it in that place starts no other.</summary>
internal interface IStandInProducer;
